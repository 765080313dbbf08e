// Browsers have six connections to a service over HTTP/1.1, for all tabs together, and a feed
// holds one: feeds leave some for the rest.

/** How many feeds the tabs of a browser have together over HTTP/1.1. */
export const maxFeeds = 4;

interface Said {
  tab: string;
  is: 'opened' | 'closed';
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
  const later = new Set<string>();
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
    if (data.is === 'opened') later.add(data.tab);
    else later.delete(data.tab);
    look();
  };
  const left = () => say('closed');
  addEventListener('pagehide', left);
  return {
    opened: () => {
      later.clear();
      was = false;
      say('opened');
    },
    closed: left,
    end: () => {
      removeEventListener('pagehide', left);
      left();
      channel.close();
    },
  };
}
