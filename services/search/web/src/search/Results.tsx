// The list: dense, by day, with what comes in on top.
import { type RefObject, useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { address as current, go, useAddress } from '../address';
import type { Hit } from '../api/client';
import { filters, orderOf } from '../api/search';
import { FilterIcon, MapIcon, PauseIcon, PlayIcon, TimelineIcon } from '../ui/icons';
import { useKeys } from '../ui/keys';
import { dayHeading } from '../ui/Time';
import { plural, total } from '../ui/words';
import { useWithdrawn, type Withdrawn } from '../withdrawn';
import { Chips } from './Chips';
import { GoneRow, HitRow } from './HitRow';
import type { Hits } from './hits';
import type { Link as Feed, Live, News } from './live';
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
};

export function Results({ hits, live, paused, setPaused, reveal, scroller, panels }: Props) {
  const address = useAddress();
  const sort = orderOf(address);
  const uri = address.get('uri');
  const shown = merged(live, hits.list, useWithdrawn());
  useListKeys(shown);
  const searched = address.get('q') !== null || filters.some((f) => address.has(f));

  // Another search begins at its top.
  const search = `${address.get('q')}${filters.map((f) => address.getAll(f)).join()}${sort}`;
  const before = useRef(search);
  useEffect(() => {
    if (before.current === search) return;
    before.current = search;
    scroller.current?.scrollTo({ top: 0 });
  }, [search, scroller]);

  return (
    <section className="results" aria-label="Articles">
      <div className="bar">
        <h1 className="count" aria-live="polite">
          {hits.total ? `${total(hits.total)} ${hits.total.value === 1 ? 'article' : 'articles'}` : 'Articles'}
        </h1>
        <fieldset className="order" aria-label="Order">
          <Button className="button plain" aria-pressed={sort === 'time'} onPress={() => go({ sort: null })}>
            Newest
          </Button>
          <Button
            className="button plain"
            aria-pressed={sort === 'relevance'}
            isDisabled={!address.get('q')}
            onPress={() => go({ sort: 'relevance' })}
          >
            Best
          </Button>
        </fieldset>
        <span className="grow" />
        <span className="news" role="status">
          {live.waiting.length > 0 && (
            <Button className="button main new" onPress={reveal}>
              {plural(live.waiting.length + live.more, 'new', 'new')}
            </Button>
          )}
        </span>
        {live.deaf && <span className="feed">Not live with these filters</span>}
        {live.link !== 'off' && (
          <>
            <span className={`feed ${paused ? 'paused' : live.link}`} role="status">
              <span className="dot" />
              {paused ? 'Paused' : feedSays[live.link]}
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
      <div className="list" ref={scroller} aria-busy={hits.waiting || hits.old}>
        {hits.problem && hits.problem.status !== 400 && (
          <div className="message" role="alert">
            <h2>{hits.problem.title}</h2>
            <p>{hits.problem.detail}</p>
            <Button className="button" onPress={hits.retry}>
              Try again
            </Button>
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
        {hits.total && hits.total.value < 5 && address.get('q') && <DidYouMean />}
        {!hits.problem && hits.total && shown.length === 0 && (
          <div className="message">
            <h2>{searched ? 'Nothing found' : 'No copy yet'}</h2>
            <p>{searched ? 'Take a filter out, or search for other words.' : 'What comes in will stand here.'}</p>
          </div>
        )}
        {hits.waiting && !hits.problem && <Waiting />}
        {!hits.problem && (
          <ol className={`hits${hits.old ? ' old' : ''}`}>
            {shown.map((row, i) => {
              const heading = sort === 'time' ? dayHeading(row.hit.sort_date) : '';
              const first = heading !== '' && (i === 0 || heading !== dayHeading(shown[i - 1]?.hit.sort_date));
              return (
                <li key={row.hit.uri}>
                  {first && <h2 className="day">{heading}</h2>}
                  {row.gone ? (
                    <GoneRow reason={row.gone.reason} at={row.gone.at} />
                  ) : (
                    <HitRow hit={row.hit} is={row.is} open={row.hit.uri === uri} dated={sort !== 'time'} />
                  )}
                </li>
              );
            })}
          </ol>
        )}
        {!hits.problem && <More more={hits.more} loading={hits.loadingMore} root={scroller} />}
      </div>
    </section>
  );
}

export interface Row {
  hit: Hit;
  is: '' | 'new' | 'changed';
  gone: { reason: 'canceled' | 'withheld' | 'expired' | 'unmatched'; at: string } | undefined;
}

/** The rows of the list: what came in, then what was searched; each article once. */
export function merged(live: News, list: readonly Hit[], withdrawn: ReadonlyMap<string, Withdrawn>): Row[] {
  const rows: Row[] = [];
  const seen = new Set<string>();
  const add = (hit: Hit, is: Row['is']) => {
    if (seen.has(hit.uri)) return;
    seen.add(hit.uri);
    const gone = withdrawn.get(hit.uri) ?? live.gone.get(hit.uri);
    if (hit.taken && !gone) return;
    const newer = live.changed.get(hit.uri);
    rows.push({ hit: newer ?? hit, is: newer ? 'changed' : is, gone });
  };
  for (const h of live.shown) add(h, 'new');
  for (const h of list) add(h, '');
  return rows;
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
    const there = rows.filter((r) => !r.gone);
    const focused = document.activeElement?.closest<HTMLElement>('[data-uri]')?.dataset.uri;
    const at = there.findIndex((r) => r.hit.uri === (current().get('uri') ?? focused));
    const next = there[at < 0 ? 0 : Math.min(Math.max(at + by, 0), there.length - 1)];
    if (!next) return;
    const link = document.querySelector<HTMLElement>(`[data-uri="${CSS.escape(next.hit.uri)}"] a`);
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
  loading,
  root,
}: {
  more: (() => void) | undefined;
  loading: boolean;
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
      {(more || loading) && (
        <Button className="button" onPress={() => more?.()} isDisabled={!more}>
          {loading ? 'Loading' : 'More'}
        </Button>
      )}
    </div>
  );
}
