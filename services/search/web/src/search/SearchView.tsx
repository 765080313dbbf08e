// The search: filters, list, and what is read beside it.
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { address as current, go, useAddress } from '../address';
import type { Hit } from '../api/client';
import { chosen, orderOf } from '../api/search';
import { opened } from '../opened';
import { behind, painted } from '../ui/behind';
import { Anew, Guarded } from '../ui/Guarded';
import { useKeys } from '../ui/keys';
import { useMedia } from '../ui/media';
import { useRarely } from '../ui/rarely';
import { takeBack, useHits } from './hits';
import { feedOf, useLive } from './live';
import { Results, rowOf } from './Results';
import { isAwaited, isNew } from './rows';
import './facets.css';
import './search.css';

const loadFacets = async () => (await import('./Facets')).Facets;
const Facets = behind(loadFacets);
const loadReading = () => import('../article/Reading');
const Reading = lazy(loadReading);
const Timeline = lazy(() => import('./Timeline'));
const PlaceMap = lazy(() => import('./PlaceMap'));

/** How often, in milliseconds, what comes in by itself is counted. */
const countedEvery = 60_000;

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
  const byTime = orderOf(address) === 'time';
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
  // the list is at its top, and neither pointer nor focus by keys is in it.
  const flow = useCallback(() => {
    const at = list.current;
    return (
      !paused &&
      !current().get('uri') &&
      at !== null &&
      at.scrollTop < 4 &&
      !at.matches(':hover') &&
      at.querySelector(':focus-visible') === null &&
      !document.hidden
    );
  }, [paused]);

  const heard = useLive(address, {
    on: byTime && hits.problem?.status !== 400,
    awaited: isAwaited(hits),
    asked: hits.asked,
    known: (u) => known.current.get(u),
    flow,
    withdrawn: (u: string) => takeBack(cache, u),
    changed: (h: Hit) => void cache.invalidateQueries({ queryKey: ['article', h.uri] }),
  });

  // Where filters are shown on demand they are there when they are asked for.
  useEffect(
    () =>
      void painted()
        .then(loadFacets)
        .catch(() => undefined),
    [],
  );

  const isLost = heard.link === 'lost' || heard.link === 'aside';
  useEffect(() => setLost(isLost), [isLost]);

  const fits = (h: Hit) => isNew(h, hits, known.current, heard.began);
  const live = { ...heard, waiting: heard.waiting.filter(fits), shown: heard.shown.filter(fits) };
  const fresh = live.waiting.length + live.more;
  const q = address.get('q');
  const [read, setRead] = useState('');
  useEffect(() => {
    const what = read || q;
    document.title = `${fresh > 0 ? `(${fresh}) ` : ''}${what ? `${what} – ` : ''}Copytaster`;
  }, [fresh, q, read]);

  // Who closes an article is back at its place in the list.
  const wasOpen = useRef(uri);
  useEffect(() => {
    const before = wasOpen.current;
    wasOpen.current = uri;
    if (before === null || uri !== null || document.activeElement !== document.body) return;
    const row = rowOf(before);
    row?.closest('li')?.scrollIntoView({ block: 'nearest' });
    (row ?? document.getElementById('main'))?.focus({ preventScroll: true });
  }, [uri]);

  const { renew } = hits;
  const resets = useRef(0);
  useEffect(() => {
    if (live.resets === resets.current) return;
    resets.current = live.resets;
    renew();
    // What is kept of other searches and articles may have missed as much.
    cache.removeQueries({ queryKey: ['hits'], type: 'inactive' });
    void cache.invalidateQueries({ queryKey: ['article'] });
    void cache.invalidateQueries({ queryKey: ['facets'] });
    void cache.invalidateQueries({ queryKey: ['histogram'] });
  }, [live.resets, renew, cache]);

  const reveal = () => {
    live.reveal();
    setPaused(false);
    list.current?.scrollTo({ top: 0 });
  };

  // What is counted goes with what is shown, a little behind.
  const counted = useRarely(live.shown.length, countedEvery);
  const countedBefore = useRef(counted);
  useEffect(() => {
    if (counted === countedBefore.current) return;
    countedBefore.current = counted;
    for (const name of ['facets', 'histogram', 'places']) void cache.invalidateQueries({ queryKey: [name] });
  }, [counted, cache]);

  useKeys({
    f: () => togglePanel('filters'),
    t: () => togglePanel('timeline'),
    m: () => togglePanel('map'),
    p: () => setPaused((p) => !p),
    Escape: uri ? () => go({ uri: null, revision: null }) : undefined,
  });

  return (
    <div className={`search${uri ? ' reading' : ''}${panels.has('filters') ? ' filtering' : ''}`}>
      {(wide || panels.has('filters')) && (
        <Guarded
          instead={
            <nav className="facets" aria-label="Filters">
              <Anew />
            </nav>
          }
        >
          <Suspense fallback={<nav className="facets" aria-label="Filters" aria-busy="true" />}>
            <Facets />
          </Suspense>
        </Guarded>
      )}
      <main id="main" className="middle" tabIndex={-1} onPointerEnter={loadReading} onFocus={loadReading}>
        {panels.has('timeline') && (
          <Guarded>
            <Suspense fallback={<div className="timeline" aria-busy="true" />}>
              <Timeline />
            </Suspense>
          </Guarded>
        )}
        {panels.has('map') && (
          <Guarded>
            <Suspense fallback={<div className="map" aria-busy="true" />}>
              <PlaceMap />
            </Suspense>
          </Guarded>
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
        <Guarded
          key={uri}
          instead={
            <aside className="reading-pane" aria-label="Article">
              <Anew />
            </aside>
          }
        >
          <Suspense fallback={<aside className="reading-pane" aria-label="Article" aria-busy="true" />}>
            <Reading
              uri={uri}
              revision={address.get('revision')}
              awaited={live.changed.get(uri)?.revision}
              titled={setRead}
            />
          </Suspense>
        </Guarded>
      )}
    </div>
  );
}
