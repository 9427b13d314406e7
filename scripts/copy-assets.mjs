// tsc copies only what it compiles; SQL migrations, Lua scripts and pages are read at run time from beside the code.
import { cp, mkdir, readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';

const ASSETS = new Set(['.sql', '.lua', '.html', '.css', '.json', '.svg']);

for (const entry of await readdir('src', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !ASSETS.has(extname(entry.name))) continue;
  const from = join(entry.parentPath, entry.name);
  const to = join('dist', from);
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to);
}
