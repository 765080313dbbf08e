// What the list shows while a feed and searches tell of the same articles, in whatever order.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Hit } from '../src/api/client';
import type { Hits } from '../src/search/hits';
import { behindBy, follow, maxNew, maxRecent, type News, newest, nothing, told } from '../src/search/live';
import { isAwaited, isNew, merged } from '../src/search/rows';
import { now } from '../src/ui/serviceClock';

const start = Date.parse('2024-05-20T12:00:00Z');

/** A feed of which the test is the service. */
class Feed extends EventTarget {
  static readonly CLOSED = 2;
  static all: Feed[] = [];
  readyState = 1;
  onerror: (() => void) | undefined;
  readonly query: URLSearchParams;

  constructor(address: string) {
    super();
    this.query = new URL(address, 'http://page.test').searchParams;
    Feed.all.push(this);
  }

  close(): void {
    this.readyState = Feed.CLOSED;
  }

  tell(kind: string, data: unknown = { now: new Date().toISOString() }, id = ''): void {
    const json = JSON.stringify(data).replace(/"revision":"(\d+)"/g, '"revision":$1');
    this.dispatchEvent(new MessageEvent(kind, { data: json, lastEventId: id }));
  }
}

let n = 0;

const at = (minute: number): string => new Date(start + minute * 60_000).toISOString();

/** An article that was sent, and went out, at a minute of the day; a list is asked for a little later. */
const article = (minute: number, more: Partial<Hit> = {}): Hit => ({
  uri: `urn:test:${n++}`,
  revision: '1',
  source: 'wire',
  sort_date: at(minute),
  released_at: at(minute - 0.01),
  ...more,
});

/** A page with its feed and its list, as SearchView puts them together. */
class Page {
  news: News = nothing;
  hits: Pick<Hits, 'list' | 'whole' | 'old' | 'waiting' | 'asked'> = {
    list: [],
    whole: false,
    old: false,
    waiting: true,
    asked: 0,
  };
  flow = false;
  readonly end: () => void;

  constructor() {
    this.tell({ is: 'begun', feed: '', at: Date.now() });
    const page = this;
    this.end = follow('', (t) => this.tell(t), {
      current: {
        on: true,
        awaited: false,
        get asked() {
          return page.hits.asked;
        },
        known: (uri) => this.known.get(uri),
        flow: () => this.flow,
        withdrawn: () => undefined,
        changed: () => undefined,
      },
    });
  }

  tell(t: Parameters<typeof told>[1]): void {
    this.news = told(this.news, t);
  }

  get feed(): Feed {
    return Feed.all.at(-1) as Feed;
  }

  get known(): Map<string, string> {
    return new Map(this.hits.list.map((h) => [h.uri, h.revision]));
  }

  /** The search is answered. */
  answer(list: Hit[], whole = true, asked = Date.now()): void {
    this.hits = { list, whole, old: false, waiting: false, asked };
  }

  private fits = (h: Hit) => isNew(h, this.hits, this.known, this.news.began);

  /** How many the page says are new. */
  get fresh(): number {
    return this.news.waiting.filter(this.fits).length + this.news.more;
  }

  /** What stands in the list, from its top. */
  get rows(): string[] {
    const live = { ...this.news, changed: newest(this.news), shown: this.news.shown.filter(this.fits) };
    return merged(live, this.hits.list, new Map())
      .filter((r) => !r.gone)
      .map((r) => `${r.hit.uri} ${r.hit.revision}${r.is && ` ${r.is}`}`);
  }

  reveal(): void {
    this.tell({ is: 'reveal', at: Date.now() });
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: start });
  vi.stubGlobal('EventSource', Feed);
  Feed.all = [];
  return () => {
    vi.useRealTimers();
  };
});

const later = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

test('a list that was kept and is asked for anew is awaited, as one that isn’t there, unless it can’t be had', () => {
  const is = { waiting: false, old: false, renewing: false, problem: undefined, trouble: undefined };
  expect(isAwaited(is)).toBe(false);
  for (const yes of [{ waiting: true }, { old: true }, { renewing: true }]) {
    expect(isAwaited({ ...is, ...yes })).toBe(true);
    const trouble = { error: new Error('away'), of: 'all' as const };
    expect(isAwaited({ ...is, ...yes, trouble })).toBe(false);
    expect(isAwaited({ ...is, ...yes, problem: { type: '', title: '', status: 503 } })).toBe(false);
  }
});

describe('when a page is opened', () => {
  test('the feed begins a minute before its list was asked for', () => {
    const page = new Page();
    expect(Date.parse(page.feed.query.get('since') ?? '')).toBeLessThanOrEqual(start - 60_000);
    page.end();
  });

  test('what the index lacked yet comes in, what it had isn’t new, and nothing is there twice', () => {
    const page = new Page();
    const [had, lacked, older] = [article(-1), article(0), article(-600)];
    page.answer([had], false);
    page.feed.tell('ready');
    for (const hit of [older, had, lacked]) page.feed.tell('entered', hit);
    expect(page.fresh).toBe(1);
    page.reveal();
    expect(page.rows).toEqual([`${lacked.uri} 1 new`, `${had.uri} 1`]);
    // The list is asked for again, and has it by then.
    page.answer([lacked, had], false);
    expect(page.rows).toEqual([`${lacked.uri} 1`, `${had.uri} 1`]);
    page.end();
  });

  test('what comes after that is new, also if it is dated long ago, as copy whose embargo ended', () => {
    const page = new Page();
    page.answer([article(-1)], false);
    page.feed.tell('ready');
    page.feed.tell('current');
    page.feed.tell('entered', article(-600, { received_at: new Date(start - 3_600_000).toISOString() }));
    expect(page.fresh).toBe(1);
    page.end();
  });

  test('what went out since the list is new, however late the feed begins and however old it is', () => {
    const page = new Page();
    page.answer([article(-1)], false);
    later(600); // nobody looks at it, or the feed is refused
    const [before, since] = [article(-600), article(-600, { received_at: at(-600), released_at: at(5) })];
    page.feed.tell('ready');
    page.feed.tell('entered', before);
    page.feed.tell('entered', since);
    expect(page.news.waiting.map((h) => h.early)).toEqual([false, true]);
    expect(page.fresh).toBe(1);
    page.feed.tell('current');
    expect(page.fresh).toBe(1);
    page.end();
  });

  test('so it is after a reset, of what went out while the feed waited for its turn', () => {
    const page = new Page();
    page.answer([article(-1)], false);
    later(600);
    page.feed.tell('reset');
    page.answer([article(9)], false);
    later(60);
    page.feed.tell('entered', article(-600, { released_at: at(9.9) }));
    page.feed.tell('entered', article(-600, { released_at: at(10.5) }));
    expect(page.fresh).toBe(1);
    page.end();
  });

  test('of a service that says neither when what it tells went out nor when that is all, nothing is hidden for good', () => {
    const page = new Page();
    page.answer([article(-1)], false);
    page.feed.tell('ready', {});
    later(3600);
    const of = { sort_date: at(-600), released_at: undefined };
    for (let i = 0; i < maxNew + 10; i++) page.feed.tell('entered', article(60, { ...of, received_at: at(59) }));
    expect([page.fresh, page.news.waiting.length, page.news.changed.size]).toEqual([maxNew + 10, maxNew, 0]);
    page.end();
  });

  test('of more than is kept the last that went out is, in whatever order it is told', () => {
    const page = new Page();
    page.answer([article(-1)], false);
    page.feed.tell('ready');
    const last = article(0);
    page.feed.tell('entered', last);
    for (let i = 0; i < maxRecent + 10; i++) page.feed.tell('entered', article(-0.5));
    expect([page.news.waiting.length, page.news.recent.length, page.news.changed.size]).toEqual([
      maxRecent,
      maxRecent,
      0,
    ]);
    expect(page.news.waiting).toContainEqual({ ...last, early: true });
    expect(page.news.recent.map((r) => r.hit.uri)).toContain(last.uri);
    page.end();
  });

  test('a list that comes after what is told, and has an older revision of it, shows the newer one', () => {
    const page = new Page();
    later(60);
    const hit = article(0, { revision: '2' });
    page.feed.tell('entered', hit);
    page.answer([{ ...hit, revision: '1' }]);
    expect(page.rows).toEqual([`${hit.uri} 2 changed`]);
    page.end();
  });

  test('a heartbeat that comes late sets no clock back', async () => {
    const page = new Page();
    page.feed.tell('heartbeat');
    later(30);
    const beat = { now: new Date().toISOString() };
    later(3600); // the page was frozen
    page.feed.tell('heartbeat', beat);
    expect(now()).toBe(Date.now());
    page.end();
  });

  test('a busy minute before it isn’t counted as new', () => {
    const page = new Page();
    page.answer(
      Array.from({ length: 30 }, () => article(-1)),
      false,
    );
    page.feed.tell('ready');
    for (let i = 0; i < 2 * maxNew; i++) page.feed.tell('entered', article(-5));
    page.feed.tell('current');
    expect([page.fresh, page.news.resets]).toEqual([0, 0]);
    page.feed.tell('entered', article(0));
    expect(page.fresh).toBe(1);
    page.end();
  });
});

describe('when something may have been missed', () => {
  /** A page that has been open for an hour, and is told to search anew. */
  function reset(): { page: Page; first: Hit } {
    const page = new Page();
    const first = article(0);
    page.answer([first]);
    page.feed.tell('ready');
    page.feed.tell('current');
    later(3600);
    page.feed.tell('reset');
    expect(page.news.resets).toBe(1);
    return { page, first };
  }

  test('what the index lacks yet comes in all the same', () => {
    const { page, first } = reset();
    const [lacked, had] = [article(60), article(59)];
    for (const hit of [had, lacked]) page.feed.tell('entered', hit);
    page.feed.tell('current');
    // The list that is still there can't say what of it is new.
    expect(page.fresh).toBe(0);
    page.answer([had, first]);
    expect(page.fresh).toBe(1);
    page.reveal();
    expect(page.rows).toEqual([`${lacked.uri} 1 new`, `${had.uri} 1`, `${first.uri} 1`]);
    page.end();
  });

  test('a feed that begins with a reset is open, and a list asked for a minute later takes nothing away', async () => {
    vi.stubGlobal('fetch', async () => new Response('{}'));
    const page = new Page();
    page.answer([article(0)]);
    for (let i = 0; i < 2; i++) {
      page.feed.close();
      page.feed.onerror?.();
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(page.news.link).toBe('lost');
    page.feed.tell('reset');
    page.answer([]);
    const hit = article(1);
    page.feed.tell('entered', hit);
    expect(page.news.link).toBe('open');
    page.feed.tell('current');
    later(behindBy / 1000 + 1);
    page.tell({ is: 'listed', asked: Date.now() });
    page.reveal();
    expect(page.rows).toEqual([`${hit.uri} 1 new`]);
    page.end();
  });

  test('in whatever order the list and the feed answer', () => {
    const { page, first } = reset();
    const [lacked, had] = [article(60), article(59)];
    page.answer([had, first]);
    for (const hit of [had, lacked]) page.feed.tell('entered', hit);
    page.feed.tell('current');
    page.reveal();
    expect(page.rows).toEqual([`${lacked.uri} 1 new`, `${had.uri} 1`, `${first.uri} 1`]);
    page.end();
  });

  test('a newer revision than the index has stands in its place', () => {
    const { page, first } = reset();
    page.feed.tell('changed', { ...first, revision: '2' });
    page.feed.tell('current');
    page.answer([article(30), first]);
    expect(page.fresh).toBe(0);
    expect(page.rows[1]).toBe(`${first.uri} 2 changed`);
    page.end();
  });

  test('what was killed meanwhile doesn’t come back', () => {
    const { page } = reset();
    const killed = article(60);
    page.feed.tell('entered', killed);
    page.feed.tell('left', { uri: killed.uri, revision: '1', reason: 'canceled' });
    page.feed.tell('entered', killed); // as a feed that is behind may tell of it
    page.feed.tell('current');
    page.answer([]);
    page.reveal();
    expect([page.fresh, page.rows]).toEqual([0, []]);
    page.end();
  });
});

describe('when more came in than are kept', () => {
  /** A page with more than it keeps, which came in over so many seconds. */
  function flood(seconds: number): { page: Page; came: Hit[] } {
    const page = new Page();
    page.answer([]);
    page.feed.tell('ready');
    page.feed.tell('current');
    const came = Array.from({ length: maxNew + 100 }, () => article(1));
    for (const hit of came) {
      later(seconds / came.length);
      page.feed.tell('entered', hit);
    }
    expect(page.fresh).toBe(came.length);
    page.reveal();
    expect(page.news.resets).toBe(1);
    return { page, came };
  }

  test('the last of it, which the index lacks yet, is shown above the new list', () => {
    const { page, came } = flood(600);
    const lacked = came.slice(-3);
    page.answer(came.slice(0, -3).reverse());
    expect(page.rows.slice(0, 4)).toEqual([...lacked.reverse().map((h) => `${h.uri} 1 new`), `${came.at(-4)?.uri} 1`]);
    expect(page.rows).toHaveLength(came.length);
    page.end();
  });

  test('what was killed of it doesn’t come back, and the search no longer finding it holds', () => {
    const { page, came } = flood(60);
    const [killed, unmatched] = came.slice(-2) as [Hit, Hit];
    page.feed.tell('left', { uri: killed.uri, revision: '1', reason: 'canceled' });
    page.feed.tell('left', { uri: unmatched.uri, revision: '1', reason: 'unmatched' });
    page.answer(came.slice(0, -2).reverse());
    expect(page.rows).toHaveLength(came.length - 2);
    expect(page.rows.join()).not.toMatch(new RegExp(`${killed.uri} |${unmatched.uri} `));
    page.end();
  });

  test('only the last minute is kept, and of it only so many', () => {
    const { page } = flood(600);
    expect(page.news.recent.length).toBeLessThan(maxNew / 2);
    for (let i = 0; i < maxRecent + 10; i++) page.feed.tell('entered', article(1));
    expect(page.news.recent).toHaveLength(maxRecent);
    later(behindBy / 1000 + 1);
    page.feed.tell('entered', article(1));
    expect(page.news.recent).toHaveLength(1);
    page.end();
  });
});
