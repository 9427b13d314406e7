import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import test from 'ava';
import { RULES, type Source } from './support/tidy-rules.ts';

const FOLDERS = ['src', 'test', 'bench', 'scripts', 'docs', 'deploy', 'web', '.ci', '.github'];
const TEXT = new Set([
  '.ts',
  '.tsx',
  '.mjs',
  '.js',
  '.md',
  '.json',
  '.yml',
  '.yaml',
  '.sql',
  '.lua',
  '.html',
  '.css',
  '',
]);

/** The files under version control, and where git is absent those in the usual folders. */
const paths = (): string[] => {
  try {
    const options = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
    return execFileSync('git', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\0')
      .filter((path) => path !== '' && existsSync(path));
  } catch {
    return FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative('.', join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
    );
  }
};

const repository: readonly Source[] = paths()
  .filter((path) => TEXT.has(extname(path)) && path !== 'package-lock.json' && path !== 'node_modules')
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

const sentence = (rule: string): ((sources: readonly Source[]) => string[]) => {
  const found = RULES[rule];
  if (found === undefined) throw new Error(`no rule “${rule}”`);
  return found;
};

for (const [name, rule] of Object.entries(RULES)) {
  test(`in this repository ${name}`, (t) => {
    t.deepEqual(rule(repository), []);
  });
}

test('the repository is really looked at', (t) => {
  t.true(repository.some(({ path }) => path === 'src/config.ts'));
  t.true(repository.filter(({ path }) => path.startsWith('src/')).length > 20);
});

type Files = Readonly<Record<string, string>>;

const LONG = 'x;\n'.repeat(351);
const LONG_TEST = 'x;\n'.repeat(601);
// Put together, so that this file itself names no such path.
const HOME = ['', 'root', 'catraca'].join('/');
const WORK = ['', 'work', 'x'].join('/');

/** For each rule: texts it must complain about, one complaint each, and texts it must leave alone. */
const SAMPLES: Readonly<Record<string, { readonly bad: readonly Files[]; readonly good: Files }>> = {
  'imports point one way': {
    bad: [
      { 'src/domain/a.ts': "import { b } from '../infra/b.ts';" },
      { 'src/domain/a.ts': "import type { b } from '../config.ts';" },
      { 'src/http/routes/a.ts': "import {\n  type B,\n} from '../../infra/log.ts';" },
      { 'src/infra/redis/a.ts': "const b = await import('../../actors/b.ts');" },
      { 'src/actors/a.ts': "import '../streams/b.ts';" },
      { 'src/sandbox/a.ts': "import { b } from '../infra/environment.ts';" },
      { 'src/config.ts': "import { b } from './domain/b.ts';" },
      { 'src/strange/a.ts': '' },
    ],
    good: {
      'src/app.ts': "import { b } from './infra/b.ts';\nimport { c } from './http/c.ts';",
      'src/payments/a.ts': "import { b } from '../domain/b.ts';\nimport { c } from '../streams/c.ts';",
      'src/sandbox/a.ts': "import { log } from '../infra/log.ts';\nimport { b } from './b.ts';",
      'src/domain/a.ts': "// import { b } from '../infra/b.ts';\n/* import '../infra/c.ts' */",
    },
  },
  'the pages share a design and nothing else': {
    bad: [
      { 'web/fan/a.tsx': "import { b } from '../operator/b.tsx';" },
      { 'web/shared/a.ts': "import { b } from '../fan/b.ts';" },
      { 'web/fan/a.ts': "import { iso } from '../../src/http/schemas.ts';" },
      { 'web/strange/a.ts': '' },
    ],
    good: {
      'web/fan/a.tsx': "import { b } from '../shared/b.ts';\nimport { h } from 'preact';\nimport './a.css';",
      'web/fan/a.ts': "import { drawOf } from '../../src/domain/draw.ts';",
      'web/shared/a.ts': "import type {\n  Refusal,\n} from '../../src/domain/refusal.ts';",
    },
  },
  'the pages speak by their catalogues': {
    bad: [
      { 'web/fan/a.tsx': '<p>Sold out</p>' },
      { 'web/fan/a.tsx': '<p class="a">\n  Esgotado\n</p>' },
      { 'web/fan/a.tsx': '<button aria-label="Close" />' },
    ],
    good: { 'web/fan/a.tsx': '<p class="a">{t("soldOut")} · </p>;\nconst f = <T,>(a: T) => a < b;' },
  },
  'a package is imported only where it is owned': {
    bad: [
      { 'src/http/a.ts': "import { Pool } from 'pg';" },
      { 'src/actors/section.ts': "import { spawn } from 'nact';" },
      { 'src/infra/memory/a.ts': "import { Subject } from 'rxjs';" },
      { 'src/streams/a.ts': "import Router from '@koa/router';" },
    ],
    good: {
      'src/infra/postgres/pool.ts': "import { Pool } from 'pg';",
      'src/actors/kit/a.ts': "import { spawn } from 'nact';",
      'src/streams/a.ts': "import { map } from 'rxjs/operators';",
      'src/infra/a.ts': "import { z } from 'zod';\nimport { join } from 'node:path';",
      'test/a.ts': "import { Pool } from 'pg';",
    },
  },
  'the domain imports no package': {
    bad: [
      { 'src/domain/a.ts': "import { z } from 'zod';" },
      { 'src/domain/a.ts': "import { readFileSync } from 'node:fs';" },
    ],
    good: { 'src/domain/a.ts': "import type { B } from './b.ts';", 'src/infra/a.ts': "import 'node:fs';" },
  },
  'there are no barrels': {
    bad: [
      { 'src/http/index.ts': 'export const a = 1;' },
      { 'src/http/a.ts': "export * from './b.ts';" },
      { 'src/http/a.ts': "export { b, type C } from './b.ts';" },
    ],
    good: { 'src/http/a.ts': "import { b } from './b.ts';\nexport { c };\nexport type D = string;" },
  },
  'there are no import cycles': {
    bad: [
      {
        'src/http/a.ts': "import { b } from './b.ts';",
        'src/http/b.ts': "import { c } from './c/c.ts';",
        'src/http/c/c.ts': "import type { a } from '../a.ts';",
      },
      { 'src/http/a.ts': "import { a } from './a.ts';" },
    ],
    good: {
      'src/http/a.ts': "import { b } from './b.ts';\nimport { c } from './c.ts';",
      'src/http/b.ts': "import { c } from './c.ts';",
      'src/http/c.ts': '',
    },
  },
  'file names say what is in them': {
    bad: [{ 'src/http/utils.ts': '' }, { 'test/support/test-helpers.ts': '' }, { 'src/seat-manager.ts': '' }],
    good: { 'src/http/problem.ts': '', 'src/domain/managers-of-venues.ts': '' },
  },
  'the environment is read in one place': {
    bad: [{ 'src/app.ts': "const port = process.env['PORT'];" }],
    good: {
      'src/config.ts': 'process.env;',
      'src/app.ts': "// process.env\nconst text = 'process.env';",
      'test/a.ts': 'process.env;',
    },
  },
  'only programs that people run print': {
    bad: [{ 'src/http/a.ts': "console.log('x');" }],
    good: { 'src/main.ts': "console.log('x');", 'src/rush/table.ts': 'console.table([]);' },
  },
  'time and chance are injected': {
    bad: [
      { 'src/domain/a.ts': 'const now = Date.now();' },
      { 'src/tickets/a.ts': 'setTimeout(go, 5);' },
      { 'src/actors/kit/a.ts': 'const x = `${Math.random()}`;' },
      { 'src/waiting-room/a.ts': 'const at = new Date();' },
    ],
    good: {
      'src/domain/a.ts': '// Date.now() is not used here\nconst at = new Date(atMs);',
      'src/infra/environment.ts': 'Date.now();',
    },
  },
  'files are short': {
    bad: [{ 'src/http/a.ts': LONG }, { 'web/fan/a.css': LONG }, { 'test/a.test.ts': LONG_TEST }],
    good: { 'src/http/a.ts': LONG.slice(3), 'docs/API.md': LONG },
  },
  'test titles are sentences': {
    bad: [
      { 'test/a.test.ts': "test('works', (t) => t.pass());" },
      { 'test/a.test.ts': "test.serial('works', (t) => t.pass());" },
    ],
    good: { 'test/a.test.ts': "test('a seat has one owner', (t) => t.pass());\n  regex.test('x');" },
  },
  'no test is focused or skipped': {
    bad: [
      { 'test/a.test.ts': "test.only('a b', run);" },
      { 'test/a.test.ts': "test.serial.skip('a b', run);" },
    ],
    good: { 'test/a.test.ts': "test.serial('a b', run);\ntest.after.always(run);" },
  },
  'no path of a machine is named': {
    bad: [{ 'docs/a.md': `see ${HOME}` }, { 'src/a.ts': `const a = '${WORK}';` }],
    good: { 'docs/a.md': 'see ./work/shop and https://example.com/work/ and fan/root/x' },
  },
};

const toSources = (files: Files): Source[] => Object.entries(files).map(([path, text]) => ({ path, text }));

test('every rule has samples', (t) => {
  t.deepEqual(Object.keys(SAMPLES), Object.keys(RULES));
});

for (const [name, { bad, good }] of Object.entries(SAMPLES)) {
  test(`the rule that ${name} finds a breach and nothing else`, (t) => {
    for (const files of bad) t.is(sentence(name)(toSources(files)).length, 1, JSON.stringify(files));
    t.deepEqual(sentence(name)(toSources(good)), []);
  });
}
