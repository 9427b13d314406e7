import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';

const read = (path: string): string => readFileSync(path, 'utf8');
const DOCS = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

test('every file that the promises name is there', (t) => {
  const named = [...read('docs/INVARIANTS.md').matchAll(/`((?:src|test|docs)\/[^`*]+)`/g)].map(
    (match) => match[1] ?? '',
  );
  t.true(named.length > 20);
  t.deepEqual(
    named.filter((path) => !existsSync(path)),
    [],
  );
});

test('every test that the promises name is in the file they name', (t) => {
  const rows = [...read('docs/INVARIANTS.md').matchAll(/`(test\/[^`]+\.ts)`: ((?:"[^"]+"(?:, )?)+)/g)];
  t.true(rows.length > 12);
  const missing = rows.flatMap(([, path = '', titles = '']) => {
    const text = existsSync(path) ? read(path).replaceAll("\\'", "'") : '';
    return [...titles.matchAll(/"([^"]+)"/g)]
      .map((match) => match[1] ?? '')
      .filter((title) => !text.includes(title));
  });
  t.deepEqual(missing, []);
});

test('every test that the record of the traps of nact names is there', (t) => {
  const record = read('docs/decisions/0001-a-kit-around-nact.md');
  const kit = readdirSync('test/actors/kit').map((name) =>
    read(`test/actors/kit/${name}`).replaceAll("\\'", "'"),
  );
  const rows = [...record.matchAll(/^\| \d+ \|.*$/gm)].map(([row]) => row);
  t.true(rows.length >= 20);
  const titles = rows.flatMap((row) => [...row.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? ''));
  t.true(titles.length >= 2 * rows.length - 1);
  t.deepEqual(
    titles.filter((title) => !kit.some((text) => text.includes(title))),
    [],
  );
});

test('links between the documents lead somewhere', (t) => {
  const broken = DOCS.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !existsSync(join(dirname(path), target)))
      .map((target) => `${path} → ${target}`),
  );
  t.deepEqual(broken, []);
});

test('every npm command that the documents name exists', (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const unknown = DOCS.flatMap((path) =>
    [...read(path).matchAll(/npm run (?:-s )?([a-z:]+)/g)]
      .map((match) => match[1] ?? '')
      .filter((name) => scripts[name] === undefined)
      .map((name) => `${path}: npm run ${name}`),
  );
  t.deepEqual(unknown, []);
});
