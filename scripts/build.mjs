// Compiles, copies what is read at run time, removes outputs whose source is gone, and notes what was built from what.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundlePages, compilePages } from './build-pages.mjs';
import { copyAssets } from './copy-assets.mjs';
import { withLock } from './lock.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, 'dist', '.built-from.json');
const PAGES_STAMP = join(ROOT, 'dist', '.pages-built-from.json');
const LOCK = join(ROOT, '.bootstrap.lock');
const FOLDERS = ['src', 'test', 'bench'];
const PAGES = 'web';
const FILES = [
  'package.json',
  'tsconfig.json',
  'scripts/build.mjs',
  'scripts/build-pages.mjs',
  'scripts/copy-assets.mjs',
];

const filesUnder = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

/** Size and time of every input: a deleted source or an older file put back counts as a change, too. */
const inputs = (folders) => {
  const paths = [
    ...FILES.map((file) => join(ROOT, file)),
    ...folders.flatMap((one) => filesUnder(join(ROOT, one))),
  ];
  return JSON.stringify(
    Object.fromEntries(
      paths
        .filter((path) => existsSync(path))
        .map((path) => {
          const { size, mtimeMs } = statSync(path);
          return [relative(ROOT, path), `${size} ${mtimeMs}`];
        }),
    ),
  );
};

const isFresh = (stamp, folders) => existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs(folders);

export const isBuilt = () => isFresh(STAMP, [...FOLDERS, PAGES]);

const pruneOutputs = () => {
  for (const folder of [...FOLDERS, PAGES]) {
    for (const output of filesUnder(join(ROOT, 'dist', folder))) {
      const source = join(ROOT, relative(join(ROOT, 'dist'), output));
      const candidates = [source, ...['.ts', '.tsx'].map((end) => source.replace(/\.js(\.map)?$/, end))];
      if (!candidates.some((candidate) => existsSync(candidate))) rmSync(output);
    }
  }
};

/** Asked only when a page has changed. */
const buildPages = () => {
  if (!existsSync(join(ROOT, PAGES))) return;
  if (isFresh(PAGES_STAMP, [PAGES])) return;
  const builtFrom = inputs([PAGES]);
  rmSync(PAGES_STAMP, { force: true });
  bundlePages(ROOT);
  writeFileSync(PAGES_STAMP, builtFrom);
};

/** Throws when the compiler finds an error; its own words go to stderr. */
export const build = () => {
  // Noted before the compiler reads: what changes under its eyes is built again next time.
  const builtFrom = inputs([...FOLDERS, PAGES]);
  rmSync(STAMP, { force: true });
  // First: it also writes the server's modules whose types it takes, which the compiler of the server then writes its way.
  if (existsSync(join(ROOT, PAGES))) compilePages(ROOT);
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, error } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error('the TypeScript compiler found errors (above)');
  buildPages();
  copyAssets(ROOT);
  pruneOutputs();
  writeFileSync(STAMP, builtFrom);
};

export const locked = (work, say) => withLock(LOCK, work, say);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const say = (text) => console.error(`build: ${text}`);
  try {
    await locked(build, say);
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}
