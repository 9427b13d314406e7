import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BytesAnswer } from './answer.ts';

/** A file of the pages as it is sent: its bytes, and the same compressed while it was built. */
export type PageFile = Pick<BytesAnswer, 'body' | 'contentType' | 'encodings' | 'etag'>;

/** The built pages, by the path below their folder: `fan.html`, `assets/fan-C3p0.js`. */
export type Pages = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/**
 * Reads what `npm run build` made of `web/`: a few hundred kilobytes, kept in memory, so that serving them touches no disk
 * and no name that a client sends is ever a path. Empty where the folder is absent: a node may serve the interface alone.
 */
export const readPages = async (folder: URL): Promise<Pages> => {
  const root = fileURLToPath(folder);
  const pages = new Map<string, PageFile>();
  const read = async (path: string): Promise<void> => {
    const contentType = TYPES[extname(path)];
    if (contentType === undefined) return;
    const body = await readFile(join(root, path));
    const compressed = (suffix: string): Promise<Buffer | undefined> =>
      readFile(join(root, `${path}.${suffix}`)).catch(() => undefined);
    const [br, gzip] = await Promise.all([compressed('br'), compressed('gz')]);
    pages.set(path, {
      body,
      contentType,
      encodings: { ...(br === undefined ? {} : { br }), ...(gzip === undefined ? {} : { gzip }) },
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    });
  };
  const found = await readdir(root, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  await Promise.all(found.map((path) => read(path.replaceAll('\\', '/'))));
  return pages;
};
