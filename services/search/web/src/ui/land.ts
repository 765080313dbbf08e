// The countries' shapes, from this service, for maps.
import L from 'leaflet';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import fine from 'world-atlas/countries-50m.json?url';
import coarse from 'world-atlas/countries-110m.json?url';

/** From which zoom on borders are drawn finely. */
const fineFrom = 4;

type Ring = GeoJSON.Position[];

// Countries that lie on both sides of the line where dates change go on beyond it, instead
// of coming back around the world.
function onward(ring: Ring): Ring {
  let turns = 0;
  return ring.map(([longitude = 0, latitude = 0], i) => {
    const before = ring[i - 1]?.[0] ?? longitude;
    if (longitude - before > 180) turns--;
    else if (before - longitude > 180) turns++;
    return [longitude + turns * 360, latitude];
  });
}

const moved = (ring: Ring, by: number): Ring => ring.map(([longitude = 0, latitude = 0]) => [longitude + by, latitude]);

// Around the South Pole there is no ring to be had of it, and no news.
const antarctica = '010';

/** The countries of a topology, in three worlds side by side. */
function countries(topology: Topology<{ countries: GeometryCollection }>): GeoJSON.MultiPolygon {
  const all: GeoJSON.Position[][][] = [];
  for (const f of feature(topology, topology.objects.countries).features) {
    const g = f.geometry as GeoJSON.Polygon | GeoJSON.MultiPolygon | null;
    if (!g || f.id === antarctica) continue;
    for (const polygon of g.type === 'Polygon' ? [g.coordinates] : g.coordinates) {
      const rings = polygon.map(onward);
      for (const by of [-360, 0, 360]) all.push(rings.map((r) => moved(r, by)));
    }
  }
  return { type: 'MultiPolygon', coordinates: all };
}

/** Draws the countries, below all else: at first as far as they can be seen, then finely. Without them a map still has its marks. */
export function land(m: L.Map, signal: AbortSignal): void {
  let shown: L.GeoJSON | undefined;
  let finely = false;
  const draw = async (shapes: string) => {
    try {
      const topology = (await (await fetch(shapes, { signal })).json()) as Topology<{ countries: GeometryCollection }>;
      if (signal.aborted) return;
      shown?.remove();
      shown = L.geoJSON(countries(topology), { style: { className: 'map-land' }, interactive: false }).addTo(m);
      shown.bringToBack();
    } catch {
      // The marks are there without it.
    }
  };
  void draw(coarse);
  m.on('zoomend', () => {
    if (finely || m.getZoom() < fineFrom) return;
    finely = true;
    void draw(fine);
  });
}
