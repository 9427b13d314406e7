import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';

const CATALOGUE = readFileSync('docs/SCENARIOS.md', 'utf8');

/** A title as it stands in the source: of a string, or the fixed part of a template. */
const titlesIn = (path: string): string =>
  existsSync(path) ? readFileSync(path, 'utf8').replaceAll("\\'", "'") : '';

test('every scenario is in the catalogue, in order, and each names at least one test', (t) => {
  const chapters = CATALOGUE.split(/^## /m).slice(1);
  const numbered = chapters.filter((chapter) => /^\d+\. /.test(chapter));
  t.deepEqual(
    numbered.map((chapter) => Number.parseInt(chapter, 10)),
    Array.from({ length: 17 }, (_, index) => index + 1),
  );
  t.deepEqual(
    chapters.filter((chapter) => !/^- `test\//m.test(chapter)).map((chapter) => chapter.split('\n')[0]),
    [],
  );
});

test('every test that the catalogue names is in the file it names', (t) => {
  const lines = CATALOGUE.split('\n').filter((line) => line.startsWith('- `test/'));
  t.true(lines.length > 40);
  const missing = lines.flatMap((line) => {
    const path = /^- `([^`]+)`/.exec(line)?.[1] ?? '';
    const titles = [...line.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
    if (titles.length === 0) return [`${path}: names no test`];
    const text = titlesIn(path);
    return titles.filter((title) => !text.includes(title)).map((title) => `${path}: ${title}`);
  });
  t.deepEqual(missing, []);
});
