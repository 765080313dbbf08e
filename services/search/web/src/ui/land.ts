// The countries' shapes, from this service, for maps.
import L from 'leaflet';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import fine from 'world-atlas/countries-50m.json?url';
import coarse from 'world-atlas/countries-110m.json?url';

/** From which zoom on borders are drawn finely. */
const fineFrom = 4;

type Ring = GeoJSON.Position[];
type Shapes = Topology<{ countries: GeometryCollection<{ name?: string }> }>;

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
function countries(topology: Shapes): GeoJSON.MultiPolygon {
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
      const topology = (await (await fetch(shapes, { signal })).json()) as Shapes;
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

/** The name of the country that a place lies in, by its longitude and latitude; undefined at sea. */
export type CountryAt = (longitude: number, latitude: number) => string | undefined;

// Odd: the ring goes around it.
function crossings(ring: Ring, longitude: number, latitude: number): number {
  let n = 0;
  for (let i = 0; i < ring.length; i++) {
    const [x1 = 0, y1 = 0] = ring[i] ?? [];
    const [x2 = 0, y2 = 0] = ring[(i + 1) % ring.length] ?? [];
    if (y1 > latitude !== y2 > latitude && longitude < x1 + ((latitude - y1) / (y2 - y1)) * (x2 - x1)) n++;
  }
  return n;
}

/** Tells countries from the coarse shapes; none where those can't be had. */
export async function countriesByPlace(signal: AbortSignal): Promise<CountryAt> {
  try {
    const topology = (await (await fetch(coarse, { signal })).json()) as Shapes;
    const all = feature(topology, topology.objects.countries).features.map((f) => {
      const g = f.geometry as GeoJSON.Polygon | GeoJSON.MultiPolygon | null;
      const polygons = g === null ? [] : g.type === 'Polygon' ? [g.coordinates] : g.coordinates;
      return { name: f.properties?.name as string | undefined, rings: polygons.flatMap((p) => p.map(onward)) };
    });
    return (longitude, latitude) =>
      all.find((c) => c.rings.reduce((n, r) => n + crossings(r, longitude, latitude), 0) % 2 === 1)?.name;
  } catch {
    return () => undefined;
  }
}
