// The search: filters, list, and what is read beside it.
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { address as current, go, useAddress } from '../address';
import type { Hit } from '../api/client';
import { chosen } from '../api/search';
import { opened } from '../opened';
import { useKeys } from '../ui/keys';
import { useMedia } from '../ui/media';
import { Facets } from './Facets';
import { isNew, takeBack, useHits } from './hits';
import { feedOf, type Gone, useLive } from './live';
import { Results } from './Results';
import './search.css';

const loadReading = () => import('../article/Reading');
const Reading = lazy(loadReading);
const Timeline = lazy(() => import('./Timeline'));
const PlaceMap = lazy(() => import('./PlaceMap'));

/** What can be open beside the list, in the address as `show`. */
export type Panel = 'timeline' | 'map' | 'filters';

export function usePanels(address: URLSearchParams): Set<string> {
  return new Set((address.get('show') ?? '').split(',').filter((p) => p !== ''));
}

export function togglePanel(panel: Panel): void {
  const shown = (current().get('show') ?? '').split(',').filter((p) => p !== '');
  const to = shown.includes(panel) ? shown.filter((p) => p !== panel) : [...shown, panel];
  go({ show: to.join(',') }, { replace: true });
}

export function SearchView() {
  const address = useAddress();
  const cache = useQueryClient();
  const byTime = address.get('sort') !== 'relevance';
  const [lost, setLost] = useState(false);
  const hits = useHits(address, byTime && !lost && opened.live && feedOf(chosen(address)) !== null);
  const panels = usePanels(address);
  const wide = useMedia('(min-width: 64rem)');
  const uri = address.get('uri');
  const [paused, setPaused] = useState(false);
  const list = useRef<HTMLDivElement>(null);

  const known = useRef(new Map<string, string>());
  known.current = new Map(hits.list.filter((h) => !h.taken).map((h) => [h.uri, h.revision]));

  // New copy goes in by itself only where nothing that is read would move: nothing is open,
  // the list is at its top, and neither pointer nor focus is in it.
  const flow = useCallback(() => {
    const at = list.current;
    return (
      !paused &&
      !current().get('uri') &&
      at !== null &&
      at.scrollTop < 4 &&
      !at.matches(':hover, :focus-within') &&
      !document.hidden
    );
  }, [paused]);

  const heard = useLive(address, {
    on: byTime && hits.problem?.status !== 400,
    known: (u) => known.current.get(u),
    flow,
    left: (u: string, reason: Gone) => {
      if (reason !== 'unmatched') takeBack(cache, u);
    },
    changed: (h: Hit) => void cache.invalidateQueries({ queryKey: ['article', h.uri] }),
  });

  const isLost = heard.link === 'lost';
  useEffect(() => setLost(isLost), [isLost]);

  const fits = (h: Hit) => isNew(h, hits, known.current);
  const live = { ...heard, waiting: heard.waiting.filter(fits), shown: heard.shown.filter(fits) };
  const fresh = live.waiting.length + live.more;
  const q = address.get('q');
  useEffect(() => {
    if (!uri) document.title = `${fresh > 0 ? `(${fresh}) ` : ''}${q ? `${q} – ` : ''}Copytaster`;
  }, [fresh, q, uri]);

  const { retry } = hits;
  const resets = useRef(0);
  useEffect(() => {
    if (live.resets === resets.current) return;
    resets.current = live.resets;
    retry();
    // What is kept of other searches and articles may have missed as much.
    cache.removeQueries({ queryKey: ['hits'], type: 'inactive' });
    void cache.invalidateQueries({ queryKey: ['article'] });
    void cache.invalidateQueries({ queryKey: ['facets'] });
    void cache.invalidateQueries({ queryKey: ['histogram'] });
  }, [live.resets, retry, cache]);

  const reveal = () => {
    live.reveal();
    setPaused(false);
    list.current?.scrollTo({ top: 0 });
    void cache.invalidateQueries({ queryKey: ['facets'] });
    void cache.invalidateQueries({ queryKey: ['histogram'] });
  };

  useKeys({
    f: () => togglePanel('filters'),
    t: () => togglePanel('timeline'),
    m: () => togglePanel('map'),
    n: reveal,
    p: () => setPaused((p) => !p),
    Escape: uri ? () => go({ uri: null, revision: null }) : undefined,
  });

  return (
    <div className={`search${uri ? ' reading' : ''}${panels.has('filters') ? ' filtering' : ''}`}>
      {(wide || panels.has('filters')) && <Facets />}
      <main id="main" className="middle" tabIndex={-1} onPointerEnter={loadReading} onFocus={loadReading}>
        {panels.has('timeline') && (
          <Suspense fallback={<div className="timeline" aria-busy="true" />}>
            <Timeline />
          </Suspense>
        )}
        {panels.has('map') && (
          <Suspense fallback={<div className="map" aria-busy="true" />}>
            <PlaceMap />
          </Suspense>
        )}
        <Results
          hits={hits}
          live={live}
          paused={paused}
          setPaused={setPaused}
          reveal={reveal}
          scroller={list}
          panels={panels}
        />
      </main>
      {uri && (
        <Suspense fallback={<aside className="reading-pane" aria-label="Article" aria-busy="true" />}>
          <Reading key={uri} uri={uri} revision={address.get('revision')} awaited={live.changed.get(uri)?.revision} />
        </Suspense>
      )}
    </div>
  );
}
