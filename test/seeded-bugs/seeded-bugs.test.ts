import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ALL_BUGS } from './all.ts';
import { changed, seed } from './patching.ts';
import { titlesOf } from './test-run.ts';

test('every seeded bug fits the code as it is', (t) => {
  t.true(ALL_BUGS.length >= 22);
  for (const bug of ALL_BUGS) {
    const texts = new Map<string, string>();
    t.notThrows(() => {
      for (const change of bug.changes) {
        const before = texts.get(change.file) ?? readFileSync(join('dist', 'src', change.file), 'utf8');
        texts.set(change.file, changed(before, change));
      }
    }, bug.name);
  }
});

test('every seeded bug has a name of its own and names tests that are there', (t) => {
  const names = ALL_BUGS.map((bug) => bug.name);
  t.is(new Set(names).size, names.length);
  for (const { name, caughtBy } of ALL_BUGS) {
    t.true(existsSync(join('test', `${caughtBy.file}.test.ts`)), `${name}: ${caughtBy.file}`);
  }
});

test('the page about the seeded bugs tells of each of them, and of no other', (t) => {
  const rows = [
    ...readFileSync('docs/SEEDED-BUGS.md', 'utf8').matchAll(
      /^\| `([\w-]+)` \|.*\| `test\/(.*)\.test\.ts` \|$/gm,
    ),
  ];
  t.deepEqual(
    rows.map(([, name, file]) => `${name} ${file}`).toSorted(),
    ALL_BUGS.map(({ name, caughtBy }) => `${name} ${caughtBy.file}`).toSorted(),
  );
});

test('a change that is not there, or there twice, is an error', (t) => {
  const change = { file: 'a.js', find: 'one', replace: 'two' };
  t.is(changed('but one;', change), 'but two;');
  t.throws(() => changed('none', { ...change, find: 'nothing' }), { message: /0 times/ });
  t.throws(() => changed('one and one', change), { message: /2 times/ });
});

test('a bug is put in whole and taken out again; one that does not fit is not put in at all', (t) => {
  const dist = mkdtempSync(join(tmpdir(), 'catraca-bug-'));
  t.teardown(() => rmSync(dist, { recursive: true, force: true }));
  mkdirSync(join(dist, 'src'));
  const path = join(dist, 'src', 'a.js');
  writeFileSync(path, 'one, two');
  const bug = { name: 'a', what: 'a', promise: 1, caughtBy: { file: 'a', title: 'a' } };
  const first = { file: 'a.js', find: 'one', replace: 'ONE' };
  const second = { file: 'a.js', find: 'two', replace: 'TWO' };
  const takeOut = seed(dist, { ...bug, changes: [first, second] });
  t.is(readFileSync(path, 'utf8'), 'ONE, TWO');
  takeOut();
  t.is(readFileSync(path, 'utf8'), 'one, two');
  t.throws(() => seed(dist, { ...bug, changes: [first, { ...second, find: 'three' }] }));
  t.is(readFileSync(path, 'utf8'), 'one, two');
});

test('a report tells who passed and who failed, by title alone', (t) => {
  const tap = 'TAP version 13\nok 1 - file › fine\nnot ok 2 - file › a rule is kept\n  ---\nok 3 - also fine';
  t.deepEqual(titlesOf(tap), { passed: ['fine', 'also fine'], failed: ['a rule is kept'] });
});
