// Where the places lie that the articles speak of: to look at, and to draw on.
import 'leaflet/dist/leaflet.css';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import L from 'leaflet';
import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { go, useAddress } from '../address';
import { chosen, keys, places } from '../api/search';
import { land } from '../ui/land';
import { number, plural } from '../ui/words';
import './map.css';

/** How much finer than the map's own tiles the counts are. */
const finer = 4;

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
  const { data } = useQuery({
    queryKey: keys.places(search, precision),
    queryFn: ({ signal }) => places(search, precision, signal),
    placeholderData: keepPreviousData,
  });

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
    return draw(m, (part) => {
      setDrawing(false);
      go({ within: within(part) });
    });
  }, [drawing]);

  return (
    <section className="map" aria-label="Map">
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
            ? 'Drag over the map.'
            : data
              ? `${number(data.tiles.reduce((n, t) => n + t.count, 0))} mentions of places that are known`
              : ' '}
        </span>
      </div>
    </section>
  );
}

// Has the reader drag a part of the map; gives what ends it.
function draw(m: L.Map, drawn: (part: L.LatLngBounds) => void): () => void {
  let from: L.LatLng | undefined;
  let shown: L.Rectangle | undefined;
  m.dragging.disable();
  const down = (e: L.LeafletMouseEvent) => {
    from = e.latlng;
    shown = L.rectangle(L.latLngBounds(from, from), { className: 'map-part', interactive: false }).addTo(m);
  };
  const move = (e: L.LeafletMouseEvent) => {
    if (from) shown?.setBounds(L.latLngBounds(from, e.latlng));
  };
  const up = (e: L.LeafletMouseEvent) => {
    if (!from) return;
    const part = L.latLngBounds(from, e.latlng);
    shown?.remove();
    from = undefined;
    if (part.getNorth() > part.getSouth() && part.getEast() > part.getWest()) drawn(part);
  };
  m.on('mousedown', down).on('mousemove', move).on('mouseup', up);
  return () => {
    shown?.remove();
    m.dragging.enable();
    m.off('mousedown', down).off('mousemove', move).off('mouseup', up);
  };
}
