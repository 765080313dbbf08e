// The list: dense, by day, with what comes in on top.
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { address as current, go, useAddress } from '../address';
import { filters, orderOf } from '../api/search';
import { Button } from '../ui/Button';
import { useDay } from '../ui/day';
import { AskAgain, titleOf } from '../ui/Failed';
import { FilterIcon, MapIcon, PauseIcon, PlayIcon, TimelineIcon } from '../ui/icons';
import { useKeys } from '../ui/keys';
import { useRarely } from '../ui/rarely';
import { dayHeading, ofOneDay, Time } from '../ui/Time';
import { plural, total } from '../ui/words';
import { useWithdrawn } from '../withdrawn';
import { Chips } from './Chips';
import { GoneRow, HitRow } from './HitRow';
import type { Hits } from './hits';
import type { Link as Feed, Live } from './live';
import { Order } from './Order';
import { merged, type Row } from './rows';
import { togglePanel } from './SearchView';
import { DidYouMean } from './Spelling';

interface Props {
  hits: Hits;
  live: Live;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  reveal: () => void;
  scroller: RefObject<HTMLDivElement | null>;
  panels: ReadonlySet<string>;
}

const feedSays: Record<Feed, string> = {
  off: '',
  connecting: 'Connecting',
  open: 'Live',
  lost: 'Not live',
  aside: 'Not live: many tabs',
};

/** How often, in milliseconds, it is spoken of what comes in. */
const spokenEvery = 30_000;

/** The link of an article's row. */
export const rowOf = (uri: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`.hits [data-uri="${CSS.escape(uri)}"] a`);

export function Results({ hits, live, paused, setPaused, reveal, scroller, panels }: Props) {
  const address = useAddress();
  const sort = orderOf(address);
  const uri = address.get('uri');
  const shown = merged(live, hits.list, useWithdrawn());
  useListKeys(shown);
  useDay();
  const noteLost = useKeptFocus(shown);
  const searched = address.get('q') !== null || filters.some((f) => address.has(f));

  // Another search begins at its top.
  const search = `${address.get('q')}${filters.map((f) => address.getAll(f)).join()}${sort}`;
  const before = useRef(search);
  useEffect(() => {
    if (before.current === search) return;
    before.current = search;
    scroller.current?.scrollTo({ top: 0 });
  }, [search, scroller]);

  // Where the button was that is gone, or in the list, focus goes to what it showed.
  const revealed = useRef(false);
  const show = () => {
    revealed.current = document.activeElement?.closest('.news, .list') != null;
    reveal();
  };
  useKeys({ n: show });
  useLayoutEffect(() => {
    if (!revealed.current || live.waiting.length > 0) return;
    revealed.current = false;
    scroller.current?.querySelector<HTMLElement>('.hit a')?.focus({ preventScroll: true });
  });

  const count = hits.total ? `${total(hits.total)} ${hits.total.value === 1 ? 'article' : 'articles'}` : 'Articles';
  const fresh = live.waiting.length + live.more;
  // So little is found that a word may be misspelt.
  const doubted = !hits.problem && hits.total !== undefined && hits.total.value < 5 && address.has('q');
  const tryOther = filters.some((f) => address.has(f))
    ? 'Take a filter out, or search for other words.'
    : 'Search for other words, or for fewer.';
  return (
    <section className="results" aria-label="Articles">
      <Spoken
        count={hits.waiting || hits.old ? '' : count}
        news={[fresh > 0 && plural(fresh, 'new', 'new'), live.link === 'lost' && feedSays.lost]
          .filter(Boolean)
          .join(', ')}
        killed={shown.filter((r) => r.gone?.reason === 'canceled').length}
      />
      <div className={hits.problem?.status === 400 ? 'bar wrong' : 'bar'}>
        <h1 className="count">{count}</h1>
        <Order />
        <span className="grow" />
        <span className="news">
          {fresh > 0 && (
            <Button className="button main new" onPress={show}>
              {plural(fresh, 'new', 'new')}
            </Button>
          )}
        </span>
        {live.deaf && <span className="feed">Not live with these filters</span>}
        {live.link !== 'off' && (
          <>
            <span className={`feed ${paused && live.link === 'open' ? 'paused' : live.link}`}>
              <span className="dot" />
              {paused && live.link === 'open' ? 'Paused' : feedSays[live.link]}
            </span>
            <Button
              className="button plain icon"
              aria-label={paused ? 'Go on' : 'Pause what comes in'}
              onPress={() => setPaused(!paused)}
            >
              {paused ? <PlayIcon /> : <PauseIcon />}
            </Button>
          </>
        )}
        <Button
          className="button plain icon only-narrow"
          aria-label="Filters"
          aria-pressed={panels.has('filters')}
          onPress={() => togglePanel('filters')}
        >
          <FilterIcon />
        </Button>
        <Button
          className="button plain icon"
          aria-label="Timeline"
          aria-pressed={panels.has('timeline')}
          onPress={() => togglePanel('timeline')}
        >
          <TimelineIcon />
        </Button>
        <Button
          className="button plain icon"
          aria-label="Map"
          aria-pressed={panels.has('map')}
          onPress={() => togglePanel('map')}
        >
          <MapIcon />
        </Button>
      </div>
      <Chips />
      {hits.trouble?.of === 'all' && (
        <p className="failed" role="status">
          {titleOf(hits.trouble.error)}. What stands here was seen before. <AskAgain />
        </p>
      )}
      <div className="list" ref={scroller} aria-busy={hits.waiting || hits.old}>
        {hits.problem && hits.problem.status !== 400 && (
          <div className="message" role="alert">
            <h2>{hits.problem.title}</h2>
            <p>{hits.problem.detail}</p>
            <p>
              <AskAgain button />
            </p>
          </div>
        )}
        {hits.problem?.status === 400 && (
          <div className="message">
            <h2>This can’t be searched</h2>
            {hits.problem.parameter === 'q' ? (
              <p>
                What is wrong is marked in the box. <kbd>?</kbd> shows how queries are written.
              </p>
            ) : (
              <p>{hits.problem.detail}</p>
            )}
          </div>
        )}
        {doubted && shown.length === 0 && <DidYouMean />}
        {!hits.problem && hits.total && shown.length === 0 && (
          <div className="message">
            <h2>{searched ? 'Nothing found' : 'No copy yet'}</h2>
            <p>{searched ? tryOther : 'What comes in will stand here.'}</p>
          </div>
        )}
        {hits.waiting && !hits.problem && <Waiting />}
        {!hits.problem && (
          <ol className={`hits${hits.old ? ' old' : ''}`}>
            {shown.map((row, i) => (
              <li key={row.hit.uri}>
                {sort === 'time' && <DayOf row={row} above={shown[i - 1]} began={live.began} />}
                {row.gone ? (
                  <GoneRow reason={row.gone.reason} at={row.gone.at} />
                ) : (
                  <HitRow
                    hit={row.hit}
                    is={row.is}
                    open={row.hit.uri === uri}
                    dated={sort !== 'time' || row.cameIn || !ofOneDay(row.hit.sort_date, row.place)}
                    lost={noteLost}
                  />
                )}
              </li>
            ))}
          </ol>
        )}
        {/* Below what there is, which it mustn't move. */}
        {doubted && shown.length > 0 && <DidYouMean />}
        {/* Not before there are rows, above which its end would be in sight. */}
        {!hits.problem && !hits.waiting && (
          <More
            key={search}
            more={hits.more}
            again={hits.moreAgain}
            loading={hits.loadingMore}
            trouble={hits.trouble?.of === 'more' ? hits.trouble.error : undefined}
            root={scroller}
          />
        )}
      </div>
    </section>
  );
}

// What came in stands on top as it came, whenever it is from; below it all is in the order of its days.
function DayOf({ row, above, began }: { row: Row; above: Row | undefined; began: number }) {
  if (row.cameIn) {
    if (above) return null;
    return (
      <h2 className="day">
        Came in since <Time at={new Date(began).toISOString()} />
      </h2>
    );
  }
  const heading = dayHeading(row.place);
  if (above && !above.cameIn && dayHeading(above.place) === heading) return null;
  return <h2 className="day">{heading}</h2>;
}

/** What changes, for who hears the page: what was searched at once, what comes in now and then, kills before all else. */
function Spoken({ count, news, killed }: { count: string; news: string; killed: number }) {
  const rarely = useRarely(news, spokenEvery);
  return (
    <div className="unseen">
      <p role="status">{count}</p>
      <p role="status">{rarely}</p>
      <p aria-live="assertive">{killed > 0 && `${plural(killed, 'article')} of this list killed`}</p>
    </div>
  );
}

// Where a row goes that has focus, focus goes to the next.
function useKeptFocus(rows: readonly Row[]): (uri: string) => void {
  const lost = useRef<string>(undefined);
  useLayoutEffect(() => {
    const at = rows.findIndex((r) => r.hit.uri === lost.current);
    lost.current = undefined;
    if (at < 0 || document.activeElement !== document.body) return;
    const next = [...rows.slice(at + 1), ...rows.slice(0, at).reverse()].find((r) => !r.gone);
    if (next) rowOf(next.hit.uri)?.focus({ preventScroll: true });
  });
  return useCallback((uri: string) => {
    lost.current = uri;
  }, []);
}

function Waiting() {
  return (
    <ol className="hits" aria-hidden="true">
      {Array.from({ length: 12 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <li key={i} className="hit blank" />
      ))}
    </ol>
  );
}

// j and k go through the list, o to the text of what is open.
function useListKeys(rows: readonly Row[]): void {
  const step = (by: 1 | -1) => {
    const focused = document.activeElement?.closest<HTMLElement>('[data-uri]')?.dataset.uri;
    const from = rows.findIndex((r) => r.hit.uri === (current().get('uri') ?? focused));
    let at = from < 0 ? 0 : from + by;
    while (rows[at]?.gone) at += from < 0 ? 1 : by;
    const next = rows[at];
    if (!next) return;
    const link = rowOf(next.hit.uri);
    link?.focus({ preventScroll: true });
    link?.closest('li')?.scrollIntoView({ block: 'nearest' });
    // Beside the list the article follows; where it would cover it, only on demand.
    if (matchMedia('(min-width: 64rem)').matches) {
      go({ uri: next.hit.uri, revision: null }, { replace: current().has('uri') });
    }
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    o: () => {
      const focused = document.activeElement?.closest<HTMLElement>('[data-uri]')?.dataset.uri;
      const uri = current().get('uri') ?? focused;
      if (!uri) return;
      go({ uri, revision: current().get('uri') === uri ? current().get('revision') : null });
      requestAnimationFrame(() => document.querySelector<HTMLElement>('.reading-pane')?.focus());
    },
  });
}

// The next page is there before its reader is.
function More({
  more,
  again,
  loading,
  trouble,
  root,
}: {
  more: (() => void) | undefined;
  again: () => void;
  loading: boolean;
  trouble: Error | undefined;
  root: RefObject<HTMLElement | null>;
}) {
  const at = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!at.current) return undefined;
    const observer = new IntersectionObserver(([e]) => setSeen(e?.isIntersecting ?? false), {
      root: root.current,
      rootMargin: '600px',
    });
    observer.observe(at.current);
    return () => observer.disconnect();
  }, [root]);
  useEffect(() => {
    if (seen) more?.();
  }, [seen, more]);
  return (
    <div className="more" ref={at}>
      {trouble && (
        <p className="failed" role="status">
          {titleOf(trouble)}.{' '}
          <Button className="quiet" onPress={again}>
            Try again
          </Button>
        </p>
      )}
      {(more || loading) && !trouble && (
        <Button className="button" onPress={() => more?.()} isDisabled={!more}>
          {loading ? 'Loading' : 'More'}
        </Button>
      )}
    </div>
  );
}
