// Builds `web/` into dist/pages: types are checked, Vite bundles, and what compresses is kept compressed beside itself.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const COMPRESSES = new Set(['.html', '.js', '.css', '.svg']);

const run = (root, program, args, failure) => {
  const { status, error } = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(failure);
};

const compress = (path) => {
  const bytes = readFileSync(path);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
};

/**
 * Types of the pages and of the tests that import from them; the latter are compiled by the way. An image is built without
 * tests.
 */
export const compilePages = (root) => {
  const withTests = join('test', 'pages', 'tsconfig.json');
  const project = existsSync(join(root, withTests)) ? withTests : join('web', 'tsconfig.json');
  run(root, 'typescript/bin/tsc', ['-p', project], 'the compiler found errors in web/ (above)');
};

export const bundlePages = (root) => {
  const args = ['build', '--config', 'web/vite.config.mjs', '--logLevel', 'warn'];
  run(root, 'vite/bin/vite.js', args, 'the pages could not be built (above)');
  const pages = join(root, 'dist', 'pages');
  for (const entry of readdirSync(pages, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && COMPRESSES.has(extname(entry.name))) compress(join(entry.parentPath, entry.name));
  }
};
