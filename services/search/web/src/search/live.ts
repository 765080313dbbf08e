// What a search begins and ceases to find, as it happens.
import { useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { longestTimer } from '../api/cache';
import { type Hit, parse, retryAfter } from '../api/client';
import { chosen } from '../api/search';
import { opened } from '../opened';
import { endSession } from '../session';
import { heardTime, now, nowText } from '../ui/serviceClock';
import { type Reason, returned, withdraw } from '../withdrawn';
import { taken } from './rows';
import { share } from './share';

/** Why an article isn't found any more. */
export type Gone = Reason | 'unmatched';

/** Of the feed; `aside`: other tabs have all the feeds that there may be. */
export type Link = 'off' | 'connecting' | 'open' | 'lost' | 'aside';

export interface News {
  link: Link;
  /** New articles that the list doesn't show yet, the newest first. */
  waiting: Hit[];
  /** Those that it shows above what was searched, the newest first. */
  shown: Hit[];
  /** What went out in the last minute, which a list that is asked for now may lack: the index may be so far behind. */
  recent: { hit: Hit; at: number }[];
  /** Newer revisions of what the list had, by URI. */
  changed: ReadonlyMap<string, Hit>;
  /** Articles that this search doesn't find any more, by URI, since when, and up to which revision. What nobody may see any more is withdrawn. */
  unmatched: ReadonlyMap<string, { at: string; revision: string | undefined }>;
  /** How often something may have been missed: the search is to be made anew. */
  resets: number;
  /** How many new articles there are beyond those that wait. */
  more: number;
  /** Of which search they are, and since when, as milliseconds since 1970. */
  feed: string;
  began: number;
  /** Since when there is no feed, where there was one. */
  lostAt: number | undefined;
}

type Told =
  | { is: 'begun'; feed: string; at: number }
  | { is: 'off' }
  | { is: 'link'; link: Link; at: number }
  | { is: 'hit'; hit: Hit; known: boolean; flow: boolean; at: number }
  | { is: 'unmatched'; uri: string; at: string; revision: string | undefined }
  | { is: 'withdrawn'; uri: string }
  | { is: 'reveal'; at: number }
  | { is: 'reset'; at: number }
  | { is: 'listed'; asked: number };

/** What is there before a feed has begun. */
export const nothing: News = {
  link: 'off',
  waiting: [],
  shown: [],
  recent: [],
  changed: new Map(),
  unmatched: new Map(),
  resets: 0,
  more: 0,
  feed: '',
  began: 0,
  lostAt: undefined,
};

/** By how much the index may be behind the feed, in milliseconds; hardly less than how often a list without a feed is asked for. */
export const behindBy = 59_000;

/** How many new articles are kept. Where more came, the search is made anew before they are shown. */
export const maxNew = 500;

/** How many articles are kept of the last minute, for a list that may lack them. */
export const maxRecent = 2_000;

const isNot = (uri: string) => (h: Hit) => h.uri !== uri;

const isEarly = (h: Hit) => h.early === true;
const isFresh = (h: Hit) => !h.early;

/** When a revision went out; of a service that doesn't say it, when it was received. */
const out = (h: Hit): string => h.released_at ?? h.received_at ?? '';

// Of what is early most is in the list: it takes no place from what is new, and isn't counted.
function withHit(before: News, { hit, known, flow, at }: Extract<Told, { is: 'hit' }>): News {
  const unmatched = new Map(before.unmatched);
  unmatched.delete(hit.uri);
  // What was missed is told long after it went out.
  const wentOut = (hit.early && Date.parse(hit.released_at ?? '')) || at;
  const others = before.recent.filter((r) => r.hit.uri !== hit.uri);
  const last = [{ hit, at: wentOut }, ...others].filter((r) => r.at > at - behindBy);
  if (last.length > maxRecent) last.sort((a, b) => b.at - a.at).length = maxRecent;
  const news = { ...before, unmatched, recent: last };
  if (known || news.shown.some((h) => h.uri === hit.uri && !h.taken))
    return { ...news, changed: new Map(news.changed).set(hit.uri, hit) };
  const all = [hit, ...news.waiting.filter(isNot(hit.uri))];
  const waiting = hit.early ? atMost(all, maxRecent, isEarly) : atMost(all, maxNew, isFresh);
  const more = news.more + (hit.early ? 0 : all.length - waiting.length);
  const shown = news.shown.filter(isNot(hit.uri));
  return reveal({ ...news, shown, waiting, more }, flow, at);
}

// The newest so many of a kind, and all others. What was missed is told partition by partition.
function atMost(all: Hit[], most: number, kind: (h: Hit) => boolean): Hit[] {
  const of = all.filter(kind);
  if (of.length <= most) return all;
  const over = new Set(of.sort((a, b) => (out(a) < out(b) ? 1 : out(a) > out(b) ? -1 : 0)).slice(most));
  return all.filter((h) => !over.has(h));
}

/** The newest revisions that were told, by URI: also of what is early, of which a list that is still to come may have an older one. */
export function newest({ waiting, shown, changed }: Pick<News, 'waiting' | 'shown' | 'changed'>): Map<string, Hit> {
  const all = new Map(changed);
  for (const h of [...waiting, ...shown]) {
    const had = all.get(h.uri);
    if (h.early && !h.taken && !(had && BigInt(had.revision) >= BigInt(h.revision))) all.set(h.uri, h);
  }
  return all;
}

// What waits was never shown, and goes without a word; of the rest nothing stays but its place.
function without(news: News, uri: string): News {
  const changed = new Map(news.changed);
  changed.delete(uri);
  return {
    ...news,
    changed,
    waiting: news.waiting.filter(isNot(uri)),
    recent: news.recent.filter((r) => r.hit.uri !== uri),
    shown: news.shown.map((h) => (h.uri === uri ? taken(h) : h)),
  };
}

// The search is made anew, and has what came in before, but perhaps for the last of it: that stays,
// for the list to say what of it is new.
function anew(news: News, at: number, last: News['recent']): News {
  const recent = last.filter((r) => r.at > at - behindBy).map((r) => ({ ...r, hit: { ...r.hit, early: true } }));
  const shown = recent.map((r) => r.hit);
  return { ...news, waiting: [], shown, recent, changed: new Map(), more: 0, resets: news.resets + 1, began: at };
}

function linked(news: News, link: Link, at: number): News {
  const without = link === 'lost' || link === 'aside';
  return { ...news, link, lostAt: link === 'open' ? undefined : (news.lostAt ?? (without ? at : undefined)) };
}

// Without a feed nothing tells what became of what it told. The index may be a minute behind it:
// a list that was asked for after that has it all.
function listed(news: News, asked: number): News {
  if (news.lostAt === undefined || asked < news.lostAt + behindBy || asked < news.began) return news;
  return { ...news, waiting: [], shown: [], recent: [], changed: new Map(), more: 0, began: asked };
}

function reveal(news: News, yes: boolean, at: number): News {
  if (!yes || news.waiting.length === 0) return news;
  // Nothing may fall between what is kept and what was searched.
  const kept = news.waiting.filter(isFresh).length + news.shown.filter(isFresh).length;
  if (news.more > 0 || kept > maxNew) return anew(news, at, news.recent);
  const shown = atMost([...news.waiting, ...news.shown], maxRecent, isEarly);
  return { ...news, shown, waiting: [] };
}

export function told(news: News, t: Told): News {
  switch (t.is) {
    case 'begun':
      return { ...nothing, link: 'connecting', feed: t.feed, began: t.at, resets: news.resets };
    case 'off':
      return { ...nothing, resets: news.resets };
    case 'link':
      return linked(news, t.link, t.at);
    case 'hit':
      return withHit(news, t);
    case 'unmatched':
      return { ...without(news, t.uri), unmatched: new Map(news.unmatched).set(t.uri, t) };
    case 'withdrawn':
      return without(news, t.uri);
    case 'reveal':
      return reveal(news, true, t.at);
    case 'reset': // what was told may have been taken back since; the feed tells the last of it again
      return anew(news, t.at, []);
    case 'listed':
      return listed(news, t.asked);
  }
}

// What a feed takes beside q; the rest is said in the query language.
const accepted = new Set([
  'agency',
  'source',
  'language',
  'cited_media',
  'topic',
  'person',
  'organisation',
  'place',
  'country',
  'keyphrase',
  'filed',
  'currency',
  'day',
  'from',
  'to',
  'within',
  'amount_from',
  'amount_to',
  'mentioned_from',
  'mentioned_to',
  'translated',
]);
const asFields: Record<string, string> = {
  speaker: 'speaker',
  said: 'said',
};

const quoted = (value: string): string => `="${value.replaceAll('"', ' ')}"`;

/** The parameters of a search's feed; null: a feed can't be asked for that. */
export function feedOf(search: URLSearchParams): URLSearchParams | null {
  const feed = new URLSearchParams();
  const q: string[] = search.get('q') ? [`(${search.get('q')})`] : [];
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name);
    const field = asFields[name];
    if (name === 'q') continue;
    if (accepted.has(name)) for (const v of values) feed.append(name, v);
    else if (name === 'said') q.push(`said:(${values[0]})`);
    else if (field) q.push(`(${values.map((v) => `${field}:${field === 'speaker' ? quoted(v) : v}`).join(' OR ')})`);
    else return null;
  }
  if (q.length === 1 && search.get('q')) feed.set('q', search.get('q') ?? '');
  else if (q.length > 0) feed.set('q', q.join(' '));
  return feed;
}

interface Options {
  on: boolean;
  /** The list is still awaited: it goes first, and the feed begins from before it was asked for. */
  awaited: boolean;
  /** When the list was asked for that is there, as milliseconds since 1970; 0: none is. */
  asked: number;
  /** The revision of an article that the search found, if it did. */
  known: (uri: string) => string | undefined;
  /** New articles are shown at once. */
  flow: () => boolean;
  /** An article is no longer to be had by anybody. */
  withdrawn: (uri: string) => void;
  /** An article has a newer revision. */
  changed: (hit: Hit) => void;
}

export interface Live extends News {
  /** The search has a filter that no feed can be asked for. */
  deaf: boolean;
  reveal: () => void;
}

/** Hears the feed of an address's search. */
export function useLive(address: URLSearchParams, options: Options): Live {
  const [news, tell] = useReducer(told, nothing);
  const current = useRef(options);
  useEffect(() => {
    current.current = options;
  });
  const wanted = options.on && opened.live;
  const feed = wanted ? feedOf(chosen(address))?.toString() : undefined;
  useEffect(() => {
    tell(feed === undefined ? { is: 'off' } : { is: 'begun', feed, at: now() });
  }, [feed]);
  // Once a feed has begun, it doesn't end where the list is asked for again.
  const [begun, setBegun] = useState<string>();
  if (begun !== feed && !options.awaited) setBegun(feed);
  const followed = begun === feed ? feed : undefined;
  useEffect(() => (followed === undefined ? undefined : follow(followed, tell, current)), [followed]);
  useEffect(() => tell({ is: 'listed', asked: options.asked }), [options.asked]);
  // Nothing of the search before is shown, not for a moment.
  const its = news.feed === (feed ?? '') ? news : { ...nothing, resets: news.resets };
  const { waiting, shown, changed } = its;
  const revisions = useMemo(() => newest({ waiting, shown, changed }), [waiting, shown, changed]);
  return {
    ...its,
    changed: revisions,
    deaf: wanted && feed === undefined,
    reveal: () => tell({ is: 'reveal', at: now() }),
  };
}

/** How long a page that nobody sees keeps its feed, in milliseconds. */
export const hiddenFor = 60_000;

/** After how long without a word, in milliseconds, a feed is opened again: it has a heartbeat every 15 s. */
export const silentFor = 45_000;

/** The longest that is waited before a feed that can't be had is opened again, in milliseconds. */
const longestWait = 30_000;

// A feed that is refused doesn't say why: what the reader may do does. Gives for how many
// milliseconds nothing more is to be asked.
async function mayAsk(): Promise<number> {
  try {
    const answer = await fetch('/v1/me', { signal: AbortSignal.timeout(10_000) });
    if (answer.status === 401) endSession();
    return answer.ok ? 0 : (retryAfter(answer) ?? 0) * 1000;
  } catch {
    return 0; // the service can't be reached, which isn't the end of a session
  }
}

/** Opens the feed, and again when it can't be had; gives what closes it. */
export function follow(feed: string, tell: (t: Told) => void, options: { current: Options }): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let last = '';
  let aside = false;
  let notBefore = 0;
  // The index may be so far behind; what both have counts once.
  let asked = options.current.asked || now();
  const since = new Date(asked - behindBy - 1000).toISOString();
  // Until all that was missed is told, some of it went out before the list was asked for, which may
  // have it further down. The rest the list can't have, however old it is: copy under an embargo that ended.
  let missed = true;
  const hit = (e: MessageEvent<string>) => {
    last = e.lastEventId || last;
    alive();
    const h = parse(e.data) as Hit;
    if (!returned(h.uri, h.revision)) return; // it was taken back since
    h.early = missed && Date.parse(out(h)) < Math.max(asked, options.current.asked);
    const before = options.current.known(h.uri);
    if (before === h.revision) return; // the search has it, too
    options.current.changed(h);
    tell({ is: 'hit', hit: h, known: before !== undefined, flow: options.current.flow(), at: now() });
  };
  const left = (e: MessageEvent<string>) => {
    last = e.lastEventId || last;
    alive();
    const { uri, reason, revision } = parse(e.data) as { uri: string; reason: Gone; revision?: string };
    const at = nowText();
    if (reason === 'unmatched') tell({ is: 'unmatched', uri, at, revision });
    else {
      withdraw(uri, { reason, at, revision });
      options.current.withdrawn(uri);
      tell({ is: 'withdrawn', uri });
    }
  };
  // A connection that says nothing, not even that there is nothing, is dead: networks don't tell.
  let watch: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => {
      source?.close();
      tell({ is: 'link', link: 'lost', at: now() });
      open();
    }, silentFor);
  };
  const open = () => {
    const query = new URLSearchParams(feed);
    if (last) query.set('after', last);
    else query.set('since', since);
    source = new EventSource(`/v1/live?${query}`);
    const beat = (e: MessageEvent<string>) => {
      alive();
      last = e.lastEventId || last;
      heardTime((JSON.parse(e.data) as { now?: string }).now, { sent: -Infinity });
    };
    alive();
    source.addEventListener('heartbeat', beat);
    // Behind a gap a feed begins with `reset`, without `ready`.
    const isOpen = (e: MessageEvent<string>) => {
      beat(e);
      failures = 0;
      tell({ is: 'link', link: 'open', at: now() });
    };
    source.addEventListener('ready', isOpen);
    source.addEventListener('current', (e) => {
      isOpen(e);
      missed = false;
    });
    source.addEventListener('entered', hit);
    source.addEventListener('changed', hit);
    source.addEventListener('left', left);
    source.addEventListener('reset', (e) => {
      isOpen(e);
      missed = true;
      asked = now(); // anew
      tell({ is: 'reset', at: now() });
    });
    source.onerror = () => void failed();
  };
  const failed = async () => {
    const was = source;
    tell({ is: 'link', link: failures > 0 ? 'lost' : 'connecting', at: now() });
    failures++;
    // A feed that ended is opened again by the browser; one that was refused isn't.
    if (was?.readyState !== EventSource.CLOSED) return;
    clearTimeout(watch);
    const refused = await mayAsk();
    notBefore = Math.max(notBefore, performance.now() + refused);
    const wait = Math.min(Math.max(refused, Math.min(2000 * 2 ** (failures - 1), longestWait)), longestTimer);
    if (source === was && !aside) timer = setTimeout(open, wait);
  };
  const close = () => {
    clearTimeout(timer);
    clearTimeout(watch);
    source?.close();
    source = undefined;
  };
  const reopen = () => {
    close();
    const wait = Math.min(notBefore - performance.now(), longestTimer);
    if (wait > 0) timer = setTimeout(open, wait);
    else open();
    // What stands there may be old until the feed is.
    tell({ is: 'link', link: wait > 0 ? 'lost' : 'connecting', at: now() });
  };
  // Of many tabs those that were looked at last have feeds.
  const place = share((crowded) => {
    aside = crowded;
    if (crowded) {
      close();
      tell({ is: 'link', link: 'aside', at: now() });
    } else if (!document.hidden) reopen();
  });
  const looked = () => {
    aside = false;
    place.opened();
    if (source === undefined || source.readyState === EventSource.CLOSED) reopen();
  };
  // What nobody looks at gives its connection back, and goes on where it was.
  let idle: ReturnType<typeof setTimeout> | undefined;
  const seen = () => {
    clearTimeout(idle);
    if (!document.hidden) {
      looked();
      return;
    }
    idle = setTimeout(() => {
      close();
      place.closed();
    }, hiddenFor);
  };
  // What has no feed now gets it when it is looked at.
  const online = () => {
    if (source !== undefined && !aside) reopen();
  };
  document.addEventListener('visibilitychange', seen);
  addEventListener('focus', looked);
  addEventListener('online', online);
  if (!document.hidden) {
    place.opened();
    open();
  }
  return () => {
    document.removeEventListener('visibilitychange', seen);
    removeEventListener('focus', looked);
    removeEventListener('online', online);
    clearTimeout(idle);
    close();
    place.end();
  };
}
