// The countries of the world as paths, drawn while the console is built: what the page gets is this
// and no library. Shapes: Natural Earth (public domain) by way of world-atlas.
import { createRequire } from 'node:module';
import { geoEqualEarth, geoPath } from 'd3-geo';
import type { FeatureCollection } from 'geojson';
import countries from 'i18n-iso-countries';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import type { Plugin } from 'vite';

const kName = 'virtual:world-map';
const kResolved = `\0${kName}`;
const kWidth = 960;
const kAntarctica = '010';

interface Named {
  name: string;
}

function draw() {
  const require = createRequire(import.meta.url);
  const topology = require('world-atlas/countries-110m.json') as Topology<{
    countries: GeometryCollection<Named>;
  }>;
  const world = feature(topology, topology.objects.countries);
  const shown: FeatureCollection = {
    type: 'FeatureCollection',
    features: world.features.filter(({ id }) => id !== kAntarctica),
  };
  const projection = geoEqualEarth().fitWidth(kWidth, shown);
  const path = geoPath(projection).digits(1);
  const [, [, bottom]] = path.bounds(shown);
  const shapes = shown.features.map((shape) => ({
    // Where nobody agrees whose it is there is no code.
    code: countries.numericToAlpha2(String(shape.id ?? '')) ?? null,
    path: path(shape) ?? '',
  }));
  return { width: kWidth, height: Math.ceil(bottom), shapes };
}

export function worldMap(): Plugin {
  return {
    name: 'world-map',
    resolveId: (id) => (id === kName ? kResolved : null),
    load: (id) => (id === kResolved ? `export default ${JSON.stringify(draw())};` : null),
  };
}
