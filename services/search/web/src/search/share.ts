// Browsers have six connections to a service over HTTP/1.1, for all tabs together, and a feed
// holds one: feeds leave some for the rest.

/** How many feeds the tabs of a browser have together over HTTP/1.1. */
export const maxFeeds = 4;

/** How often, in milliseconds, a tab says that it is still here: one that crashed says nothing more. */
const beat = 20_000;

/** After how many beats without a word of it a tab is gone. They are one's own: while the machine sleeps there are none. */
const maxMissed = 7;

interface Said {
  tab: string;
  is: 'opened' | 'closed' | 'here';
}

function few(): boolean {
  const [loaded] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return !/^h[23]/.test(loaded?.nextHopProtocol ?? '');
}

export interface Share {
  /** This tab has a feed, and its reader came to it last. */
  opened: () => void;
  closed: () => void;
  end: () => void;
}

/** Tells whether as many feeds were opened by others after this tab's own as there may be. */
export function share(crowded: (yes: boolean) => void): Share {
  if (!few()) return { opened: () => undefined, closed: () => undefined, end: () => undefined };
  const tab = crypto.getRandomValues(new Uint32Array(4)).join('-');
  // With how many beats have passed since each was heard.
  const later = new Map<string, number>();
  let open = false;
  let was = false;
  const channel = new BroadcastChannel('copytaster.feeds');
  const look = () => {
    const is = later.size >= maxFeeds;
    if (is === was) return;
    was = is;
    crowded(is);
  };
  const say = (is: Said['is']) => channel.postMessage({ tab, is } satisfies Said);
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data.is === 'closed') later.delete(data.tab);
    else if (data.is === 'opened' || later.has(data.tab)) later.set(data.tab, 0);
    look();
  };
  const left = () => {
    open = false;
    say('closed');
  };
  const beats = setInterval(() => {
    if (open) say('here');
    for (const [other, missed] of later) {
      if (missed < maxMissed) later.set(other, missed + 1);
      else later.delete(other);
    }
    look();
  }, beat);
  addEventListener('pagehide', left);
  return {
    opened: () => {
      later.clear();
      open = true;
      was = false;
      say('opened');
    },
    closed: left,
    end: () => {
      clearInterval(beats);
      removeEventListener('pagehide', left);
      left();
      channel.close();
    },
  };
}
