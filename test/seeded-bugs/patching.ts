import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Change, SeededBug } from './seeded-bug.ts';

/** The text with the change in it. Throws when what it looks for is not there exactly once. */
export const changed = (text: string, { file, find, replace }: Change): string => {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`${file} has ${parts.length - 1} times, not once: ${JSON.stringify(find)}`);
  }
  return parts.join(replace);
};

/** Puts the bug into the build at `dist`; the returned function takes it out again. */
export const seed = (dist: string, { changes }: SeededBug): (() => void) => {
  const originals = new Map<string, string>();
  const texts = new Map<string, string>();
  for (const change of changes) {
    const path = join(dist, 'src', change.file);
    const before = texts.get(path) ?? readFileSync(path, 'utf8');
    if (!originals.has(path)) originals.set(path, before);
    texts.set(path, changed(before, change));
  }
  for (const [path, text] of texts) writeFileSync(path, text);
  return () => {
    for (const [path, text] of originals) writeFileSync(path, text);
  };
};
