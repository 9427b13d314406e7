// tsc copies only what it compiles; SQL migrations, Lua scripts and pages are read at run time from beside the code.
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';

const ASSETS = new Set(['.sql', '.lua', '.html', '.css', '.json', '.svg']);

export const copyAssets = (root) => {
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !ASSETS.has(extname(entry.name))) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(root, 'dist', relative(root, from));
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
  }
};
