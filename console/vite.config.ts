import { defineConfig } from 'vite';
import react from '@vitejs/plugin-react';
import { worldMap } from './world_map';

// The API the development server forwards to; the built console always talks to its own origin.
const api = process.env['ASHLAR_API'] ?? 'http://127.0.0.1:8080';

// Loaded when a document is opened.
const kEditor =
  /node_modules\/(@tiptap|@hocuspocus|prosemirror-|yjs|y-protocols|lib0|linkifyjs|orderedmap|rope-sequence|w3c-keyname|fast-equals|@floating-ui)/;

export default defineConfig({
  base: '/_/',
  plugins: [react(), worldMap()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Fonts and images stay files: the server's Content-Security-Policy then needs no data: source.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    rollupOptions: {
      output: {
        // Libraries change on upgrades only, so they keep their hash (and browser cache entry)
        // while the console itself changes.
        manualChunks: (id) => {
          if (!id.includes('/node_modules/')) return undefined;
          return kEditor.test(id) ? 'editor' : 'vendor';
        },
      },
    },
  },
  server: {
    // The Host stays that of the page: the server refuses changes whose Origin is another.
    proxy: {
      '/v1': { target: api, changeOrigin: false },
      '/docs': { target: api, changeOrigin: false },
    },
  },
});
