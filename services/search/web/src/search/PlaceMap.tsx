// Where the places lie that the articles speak of: to look at, and to draw on.
import 'leaflet/dist/leaflet.css';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import L from 'leaflet';
import { useEffect, useRef, useState } from 'react';
import { Button, Disclosure, DisclosurePanel } from 'react-aria-components';
import { go, useAddress } from '../address';
import type { PlaceMap as Places } from '../api/client';
import { chosen, keys, places } from '../api/search';
import { Failed } from '../ui/Failed';
import { type CountryAt, countriesByPlace, land } from '../ui/land';
import { number, plural } from '../ui/words';
import './map.css';

/** How much finer than the map's own tiles the counts are. */
const finer = 4;

/** How many tiles the list has. */
const listed = 20;

type Tile = Places['tiles'][number];

const degrees = (n: number): string => String(Math.round(n * 1000) / 1000);

const wrapped = (longitude: number): number => ((((longitude + 180) % 360) + 360) % 360) - 180;

/** A part of the map as the API has it: west, south, east, north. */
export function within(b: L.LatLngBounds): string {
  const all = b.getEast() - b.getWest() >= 360;
  return [
    all ? -180 : wrapped(b.getWest()),
    Math.max(-90, b.getSouth()),
    all ? 180 : wrapped(b.getEast()),
    Math.min(90, b.getNorth()),
  ]
    .map(degrees)
    .join(',');
}

function boundsOf(text: string | null): L.LatLngBounds | undefined {
  const [west, south, east, north] = (text ?? '').split(',').map(Number);
  if (west === undefined || south === undefined || east === undefined || north === undefined) return undefined;
  if ([west, south, east, north].some(Number.isNaN)) return undefined;
  return L.latLngBounds([south, west], [north, east < west ? east + 360 : east]);
}

export default function PlaceMap() {
  const address = useAddress();
  const at = useRef<HTMLDivElement>(null);
  const map = useRef<L.Map>(null);
  const marks = useRef<L.LayerGroup>(null);
  const [zoom, setZoom] = useState(1);
  const [drawing, setDrawing] = useState(false);
  const search = chosen(address);
  const chosenPart = search.get('within');
  // All of it, so that the part that is chosen stands among the rest.
  search.delete('within');
  const precision = Math.min(6, Math.round(zoom) + finer); // of the whole world: more is refused
  const asked = useQuery({
    queryKey: keys.places(search, precision),
    queryFn: ({ signal }) => places(search, precision, signal),
    placeholderData: keepPreviousData,
  });
  const { data } = asked;

  useEffect(() => {
    if (!at.current) return undefined;
    const m = L.map(at.current, {
      center: [28, 12],
      zoom: 1.25,
      minZoom: 1,
      maxZoom: 7,
      zoomSnap: 0.25,
      maxBounds: [
        [-75, -540],
        [85, 540],
      ],
      worldCopyJump: true,
      attributionControl: false,
      boxZoom: false,
      zoomAnimation: false,
      fadeAnimation: false,
    });
    map.current = m;
    marks.current = L.layerGroup().addTo(m);
    m.on('zoomend', () => setZoom(m.getZoom()));
    const part = boundsOf(new URLSearchParams(location.search).get('within'));
    if (part) m.fitBounds(part);
    const stop = new AbortController();
    land(m, stop.signal);
    const observer = new ResizeObserver(() => m.invalidateSize());
    observer.observe(at.current);
    return () => {
      stop.abort();
      observer.disconnect();
      m.remove();
      map.current = null;
    };
  }, []);

  useEffect(() => {
    const layer = marks.current;
    if (!layer || !data) return;
    layer.clearLayers();
    const most = Math.max(1, ...data.tiles.map((t) => t.count));
    for (const t of data.tiles) {
      const part = L.latLngBounds([t.south, t.west], [t.north, t.east]);
      L.circleMarker(part.getCenter(), {
        radius: 4 + 12 * Math.sqrt(t.count / most),
        className: 'map-mark',
        interactive: true,
      })
        .bindTooltip(plural(t.count, 'article'), { direction: 'top' })
        .on('click', () => go({ within: within(part) }))
        .addTo(layer);
    }
    const part = boundsOf(chosenPart);
    if (part) L.rectangle(part, { className: 'map-part', interactive: false }).addTo(layer);
  }, [data, chosenPart]);

  useEffect(() => {
    const m = map.current;
    if (!m || !drawing) return undefined;
    const stop = draw(m, (part) => {
      setDrawing(false);
      go({ within: within(part) });
    });
    const ended = (e: KeyboardEvent) => {
      if (e.key !== 'Escape') return;
      e.stopPropagation(); // it doesn't close what is read as well
      setDrawing(false);
    };
    addEventListener('keydown', ended, { capture: true });
    return () => {
      stop();
      removeEventListener('keydown', ended, { capture: true });
    };
  }, [drawing]);

  return (
    <section className="map" aria-label="Map">
      <Failed asked={asked} />
      <div
        ref={at}
        className={drawing ? 'map-at drawing' : 'map-at'}
        role="application"
        aria-label="Map of the places that the articles speak of. Arrow keys move it, plus and minus zoom."
      />
      <div className="map-foot">
        <Button className="button" aria-pressed={drawing} onPress={() => setDrawing(!drawing)}>
          Draw a part
        </Button>
        <Button className="button" onPress={() => map.current && go({ within: within(map.current.getBounds()) })}>
          What is seen
        </Button>
        {chosenPart && (
          <Button className="button" onPress={() => go({ within: null })}>
            All of the world
          </Button>
        )}
        <span className="map-says" aria-live="polite">
          {drawing
            ? 'Drag over the map. Escape ends it.'
            : data
              ? `${number(data.tiles.reduce((n, t) => n + t.count, 0))} mentions of places that are known`
              : ' '}
        </span>
        {data && data.tiles.length > 0 && <Tiles of={data.tiles} />}
      </div>
    </section>
  );
}

// Has the reader drag a part of the map, by mouse, finger or pen; gives what ends it.
function draw(m: L.Map, drawn: (part: L.LatLngBounds) => void): () => void {
  const at = m.getContainer();
  let pointer: number | undefined;
  let from: L.LatLng | undefined;
  let shown: L.Rectangle | undefined;
  m.dragging.disable();
  m.touchZoom.disable();
  m.doubleClickZoom.disable();
  const placeOf = (e: PointerEvent) => m.mouseEventToLatLng(e);
  const ended = () => {
    shown?.remove();
    from = undefined;
    pointer = undefined;
  };
  const down = (e: PointerEvent) => {
    if (pointer !== undefined || e.button !== 0 || (e.target as Element).closest('.leaflet-control')) return;
    e.preventDefault();
    e.stopPropagation();
    pointer = e.pointerId;
    at.setPointerCapture(pointer); // it may be let go outside
    from = placeOf(e);
    shown = L.rectangle(L.latLngBounds(from, from), { className: 'map-part', interactive: false }).addTo(m);
  };
  const move = (e: PointerEvent) => {
    if (from && e.pointerId === pointer) shown?.setBounds(L.latLngBounds(from, placeOf(e)));
  };
  const up = (e: PointerEvent) => {
    if (!from || e.pointerId !== pointer) return;
    const part = L.latLngBounds(from, placeOf(e));
    ended();
    if (part.getNorth() > part.getSouth() && part.getEast() > part.getWest()) drawn(part);
  };
  at.addEventListener('pointerdown', down, { capture: true });
  at.addEventListener('pointermove', move);
  at.addEventListener('pointerup', up);
  at.addEventListener('pointercancel', ended);
  return () => {
    ended();
    m.dragging.enable();
    m.touchZoom.enable();
    m.doubleClickZoom.enable();
    at.removeEventListener('pointerdown', down, { capture: true });
    at.removeEventListener('pointermove', move);
    at.removeEventListener('pointerup', up);
    at.removeEventListener('pointercancel', ended);
  };
}

// For who can't point: the tiles with the most.
function Tiles({ of }: { of: readonly Tile[] }) {
  return (
    <Disclosure className="map-list">
      <Button slot="trigger" className="quiet">
        As a list
      </Button>
      <DisclosurePanel>
        <TileList of={of} />
      </DisclosurePanel>
    </Disclosure>
  );
}

function TileList({ of }: { of: readonly Tile[] }) {
  const [countryAt, setCountryAt] = useState<CountryAt>();
  useEffect(() => {
    const stop = new AbortController();
    void countriesByPlace(stop.signal).then((found) => setCountryAt(() => found));
    return () => stop.abort();
  }, []);
  const most = of.toSorted((a, b) => b.count - a.count).slice(0, listed);
  return (
    <ul className="map-tiles">
      {most.map((t) => {
        const part = L.latLngBounds([t.south, t.west], [t.north, t.east]);
        const { lat, lng } = part.getCenter();
        const country = countryAt?.(lng, lat);
        const name = `${country ? `${country}, about` : 'About'} ${coordinates(lat, lng)}`;
        return (
          <li key={t.tile}>
            <Button
              className="quiet"
              aria-label={`${name}: ${plural(t.count, 'article')}, show only these`}
              onPress={() => go({ within: within(part) })}
            >
              {name}
            </Button>{' '}
            <span className="number">{number(t.count)}</span>
          </li>
        );
      })}
    </ul>
  );
}

const coordinates = (lat: number, lng: number): string =>
  `${Math.abs(Math.round(lat))}° ${lat < 0 ? 'S' : 'N'}, ${Math.abs(Math.round(lng))}° ${lng < 0 ? 'W' : 'E'}`;
