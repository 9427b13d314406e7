import { join } from 'node:path';
import { defineConfig } from 'vite';

/** Two pages that share a design, each file but the pages themselves named after its contents. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  // Only what the pages import: no configuration of another tool is looked for in the folders above.
  css: { postcss: {} },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(import.meta.dirname, '..', 'dist', 'pages'),
    emptyOutDir: true,
    target: 'es2022',
    // Inlined files would be `data:` addresses, which the policy of the pages refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        fan: join(import.meta.dirname, 'fan.html'),
        operator: join(import.meta.dirname, 'operator.html'),
      },
    },
  },
});
