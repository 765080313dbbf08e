import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import locales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const outDir = 'dist/app';

// Lays a compressed file beside each that gains by it, for the service to send as it is.
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle() {
      const folder = join(outDir, 'assets');
      for (const name of await readdir(folder)) {
        if (!/\.(js|css|json|svg)$/.test(name)) continue;
        const bytes = await readFile(join(folder, name));
        const packed = await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION });
        if (packed.length < bytes.length) await writeFile(join(folder, `${name}.gz`), packed);
      }
    },
  };
}

// Has the browser fetch the two fonts that every page shows while it reads the script.
function preloadedFonts(): Plugin {
  return {
    name: 'preloaded-fonts',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        return Object.keys(bundle ?? {})
          .filter((file) => /source-(sans|serif)-[34]-latin-wght-normal.*\.woff2$/.test(file))
          .map((file) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: '', href: `/${file}` },
            injectTo: 'head' as const,
          }));
      },
    },
  };
}

// Has the browser run early.ts beside the program, not after it.
function early(): Plugin {
  return {
    name: 'early',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        return Object.values(bundle ?? {})
          .filter((chunk) => chunk.type === 'chunk' && chunk.isEntry && chunk.name === 'early')
          .map(({ fileName }) => ({
            tag: 'script',
            attrs: { type: 'module', async: true, src: `/${fileName}` },
            injectTo: 'head-prepend' as const,
          }));
      },
    },
  };
}

// `npm run dev` shows the page over a service that runs: COPYTASTER_PAGE=http://127.0.0.1:8800.
const service = process.env.COPYTASTER_PAGE ?? 'http://127.0.0.1:8804';

export default defineConfig({
  // The page speaks English: the component library's words for others stay out.
  plugins: [
    { ...locales.vite({ locales: ['en-US'] }), enforce: 'pre' },
    react(),
    early(),
    preloadedFonts(),
    compressed(),
  ],
  publicDir: false,
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0, // the content policy has no data: addresses
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'src/early.ts'],
      output: {
        // A browser fetches six files at once. What is needed first is what asks for the list and what shows it.
        codeSplitting: {
          groups: [
            {
              name: 'asking',
              tags: ['$initial'],
              test: /\/src\/(early|session|api\/(search|client)|ui\/(stored|theme|serviceClock))\.ts$|\/openapi-fetch\//,
              priority: 2,
            },
            { name: 'list', tags: ['$initial'], priority: 1 },
          ],
        },
      },
    },
    license: { fileName: 'assets/licences.txt' },
  },
  server: {
    proxy: Object.fromEntries(['/v1', '/login', '/logout'].map((p) => [p, { target: service, changeOrigin: true }])),
  },
});
