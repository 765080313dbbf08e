// The countries' shapes, from this service, for maps.
import type { Feature, Geometry, Position } from 'geojson';
import L from 'leaflet';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import shapes from 'world-atlas/countries-50m.json?url';

// A ring that goes over the 180th meridian jumps from one side of the map to the other:
// here it goes on beyond the map's edge instead. One around a pole goes by the pole.
function unwrapped(ring: readonly Position[]): Position[] {
  let turn = 0;
  const all = ring.map(([lon = 0, lat = 0], i): Position => {
    const before = ring[i - 1]?.[0] ?? lon;
    if (lon - before > 180) turn -= 360;
    if (lon - before < -180) turn += 360;
    return [lon + turn, lat];
  });
  const first = all[0];
  const last = all.at(-1);
  if (turn !== 0 && first && last) {
    const pole = (first[1] ?? 0) < 0 ? -90 : 90;
    all.push([last[0] ?? 0, pole], [first[0] ?? 0, pole], first);
  }
  return all;
}

const moved = (polygon: readonly Position[][], by: number): Position[][] =>
  polygon.map((ring) => ring.map(([lon = 0, lat = 0]) => [lon + by, lat]));

// A polygon, and once more on the map's other side what goes beyond the edge.
function onMap(polygon: readonly Position[][]): Position[][][] {
  const whole = polygon.map(unwrapped);
  const lons = (whole[0] ?? []).map(([lon = 0]) => lon);
  const all = [whole];
  if (lons.some((lon) => lon > 180)) all.push(moved(whole, -360));
  if (lons.some((lon) => lon < -180)) all.push(moved(whole, 360));
  return all;
}

function whole(f: Feature): Feature {
  const g: Geometry = f.geometry;
  if (g.type === 'Polygon') return { ...f, geometry: { type: 'MultiPolygon', coordinates: onMap(g.coordinates) } };
  if (g.type === 'MultiPolygon')
    return { ...f, geometry: { type: 'MultiPolygon', coordinates: g.coordinates.flatMap(onMap) } };
  return f;
}

/** Adds the countries to a map, below all else. Without them the map still has its marks. */
export async function land(m: L.Map, signal: AbortSignal): Promise<void> {
  try {
    const topology = (await (await fetch(shapes, { signal })).json()) as Topology<{ countries: GeometryCollection }>;
    if (signal.aborted) return;
    const countries = feature(topology, topology.objects.countries);
    L.geoJSON(
      { ...countries, features: countries.features.map(whole) } as GeoJSON.FeatureCollection,
      {
        className: 'map-land',
        interactive: false,
      } as L.GeoJSONOptions,
    )
      .addTo(m)
      .bringToBack();
  } catch {
    // The marks are there without it.
  }
}
