// Where the article's places lie.
import 'leaflet/dist/leaflet.css';
import L from 'leaflet';
import { useEffect, useRef } from 'react';
import type { Article } from '../api/client';
import { land } from '../ui/land';
import '../search/map.css';

type Place = NonNullable<Article['places']>[number];

export default function ArticleMap({ places }: { places: readonly Place[] }) {
  const at = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!at.current) return undefined;
    const m = L.map(at.current, {
      minZoom: 1,
      maxZoom: 7,
      attributionControl: false,
      zoomAnimation: false,
      fadeAnimation: false,
      scrollWheelZoom: false,
    });
    const marks = L.featureGroup(
      places.map((p) =>
        L.circleMarker([p.lat ?? 0, p.lon ?? 0], {
          radius: p.main ? 9 : 5 + Math.min(3, p.mentions.length / 2),
          className: p.main ? 'map-mark main' : 'map-mark',
        }).bindTooltip(p.name, { direction: 'top' }),
      ),
    );
    m.fitBounds(marks.getBounds().pad(0.3), { maxZoom: 5, animate: false });
    const stop = new AbortController();
    land(m, stop.signal);
    marks.addTo(m);
    return () => {
      stop.abort();
      m.remove();
    };
  }, [places]);
  return (
    <div
      ref={at}
      className="map article-map"
      role="application"
      aria-label="Map of the article’s places, which are listed below it. Arrow keys move it, plus and minus zoom."
    />
  );
}
