/** One text file of the repository; `path` from its root, with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** What is wrong, in the form `path: complaint`. */
export type Rule = (sources: readonly Source[]) => string[];

/** For each part of `src`, the parts it may import; its own is understood. `*` is everything. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  streams: ['domain'],
  actors: ['domain'],
  payments: ['domain', 'streams'],
  tickets: ['domain', 'streams', 'actors'],
  operators: ['domain', 'actors'],
  'waiting-room': ['domain', 'streams'],
  infra: ['domain'],
  http: ['domain'],
  sandbox: ['infra/log.ts'],
  rush: ['domain', 'infra', 'audit'],
  audit: ['domain', 'infra'],
  chaos: ['domain', 'infra', 'rush', 'audit'],
  simulation: [
    'domain',
    'streams',
    'actors',
    'payments',
    'tickets',
    'waiting-room',
    'infra',
    'app',
    'audit',
    'config.ts',
    'http/request-key.ts',
    'rush/seeded-random.ts',
    'rush/known-codes.ts',
  ],
  rehearsal: ['domain', 'rush/seeded-random.ts', 'rush/report.ts'],
  app: ['*'],
  cli: ['*'],
  'config.ts': ['domain/server-address.ts'],
  '': ['*'],
};

/**
 * For each part of `web`, the parts it may import. Of `src` a page takes types, and the domain's pure rules where it must come
 * to the server's very result: a draw that is recomputed in a browser proves nothing if the browser has rules of its own.
 */
export const PAGES_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  fan: ['shared'],
  operator: ['shared'],
};

/** Folders (or files) that alone may import a package. What is not listed may be imported anywhere but in `domain`. */
export const OWNERS: Readonly<Record<string, readonly string[]>> = {
  nact: ['src/actors/kit/'],
  koa: ['src/http/', 'src/sandbox/'],
  '@koa/bodyparser': ['src/http/', 'src/sandbox/'],
  '@koa/router': ['src/http/', 'src/sandbox/'],
  ioredis: ['src/infra/redis/'],
  pg: ['src/infra/postgres/'],
  'node-pg-migrate': ['src/infra/postgres/'],
  amqplib: ['src/infra/rabbit/'],
  stripe: ['src/infra/stripe/'],
  undici: ['src/infra/upstream/'],
  pdfkit: ['src/infra/pdfkit/'],
  '@opentelemetry/api': ['src/infra/otel/'],
  '@opentelemetry/sdk-trace-base': ['src/infra/otel/'],
  'altcha-lib': ['src/infra/altcha/'],
  jose: ['src/infra/'],
  rxjs: [
    'src/streams/',
    'src/payments/',
    'src/tickets/',
    'src/waiting-room/',
    'src/http/',
    'src/app',
    'src/main.ts',
  ],
};

/**
 * Where time, chance and the environment are injected: these names may not appear. `setImmediate` is no time: it is the next
 * turn of the loop, which nact asks for as well, and a simulation replaces it for both.
 */
const PURE = ['domain', 'streams', 'actors', 'payments', 'tickets', 'waiting-room'];
const IMPURE = /\b(?:Date\.now|Math\.random|setTimeout|setInterval|performance\.now)\b|\bnew Date\(\)/;
/** Node modules that do nothing but compute. */
const PURE_BUILTINS = ['node:assert', 'node:util'];
/** Programs people run: they print. */
const SPEAKS = ['src/main.ts', 'src/cli/', 'src/rush/', 'src/audit/', 'src/chaos/'];
/** The last hands our surroundings on to servers of the machine; it reads PATH to find them. */
const READS_ENVIRONMENT = ['src/config.ts', 'src/main.ts', 'src/chaos/servers/programs.ts'];
/** Home and working folders of one machine (not written out, or the rule would find itself). */
const MACHINE_PATH = /(?<![\w./-])\/(?:work|root)\//;
const LINES_MAX = 350;
/** A table of cases or a suite that several adapters share may be longer than code. */
const TEST_LINES_MAX = 600;
const BAD_NAMES = /(^|\/)(utils?|helpers?|managers?)\.[a-z]+$|[-.](utils?|helpers?|manager)\.[a-z]+$/i;

/** Comments and strings are not code. Template literals stay: they may contain code. */
const codeOnly = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/(^|[\s;{}(),])\/\/.*$/gm, '$1')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");

const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');

const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^'";]*?\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g;

const specifiersOf = ({ text }: Source): string[] =>
  [...withoutComments(text).matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '');

const isSource = ({ path }: Source): boolean => path.startsWith('src/') && path.endsWith('.ts');
const isPage = ({ path }: Source): boolean => path.startsWith('web/') && /\.tsx?$/.test(path);
const isCode = (source: Source): boolean => isSource(source) || isPage(source);

/** The file that a relative specifier names; null for a package. */
export const resolveImport = (from: string, specifier: string): string | null => {
  if (!specifier.startsWith('.')) return null;
  const parts = from.split('/').slice(0, -1);
  for (const step of specifier.split('/')) {
    if (step === '..') parts.pop();
    else if (step !== '.') parts.push(step);
  }
  return parts.join('/');
};

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const partOf = (path: string): string => {
  const [, first = '', ...rest] = path.split('/');
  return rest.length > 0 || first === 'config.ts' ? first : '';
};

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

const eachMatch = (source: Source, text: string, pattern: RegExp, complaint: (found: string) => string) =>
  [...text.matchAll(new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`))].map(
    (match) => `${source.path}:${lineOf(text, match.index)}: ${complaint(match[0])}`,
  );

const importDirection: Rule = (sources) =>
  sources.filter(isSource).flatMap((source) => {
    const part = partOf(source.path);
    const allowed = MAY_IMPORT[part];
    if (allowed === undefined) return [`${source.path}: the folder ${part} has no rule in MAY_IMPORT`];
    if (allowed.includes('*')) return [];
    return specifiersOf(source).flatMap((specifier) => {
      const target = resolveImport(source.path, specifier);
      if (target === null) return [];
      const fine =
        target.startsWith(`src/${part}/`) ||
        allowed.some((one) => target === `src/${one}` || target.startsWith(`src/${one}/`));
      return fine ? [] : [`${source.path}: ${part} may not import ${target}`];
    });
  });

/** What is left of a text when its imports of types are gone: the rest is loaded. */
const loadedBy = (source: Source): string[] =>
  specifiersOf({ ...source, text: source.text.replaceAll(/(^|\n)\s*import type\b[^'"]*'[^']+';?/g, '$1') });

const pagesApart: Rule = (sources) =>
  sources.filter(isPage).flatMap((source) => {
    const part = partOf(source.path);
    const allowed = PAGES_MAY_IMPORT[part];
    if (allowed === undefined) return [`${source.path}: the folder ${part} has no rule in PAGES_MAY_IMPORT`];
    const targets = loadedBy(source)
      .map((specifier) => resolveImport(source.path, specifier))
      .filter((target) => target !== null);
    return targets
      .filter((target) => !target.startsWith('src/domain/'))
      .filter((target) => ![part, ...allowed].some((one) => target.startsWith(`web/${one}/`)))
      .map((target) => `${source.path}: ${part} may not load ${target}`);
  });

/** Letters between two tags, or in an attribute that people hear or read: a text that no other language has. */
const pagesSpeakByCatalogue: Rule = (sources) =>
  sources
    .filter(({ path }) => path.startsWith('web/') && path.endsWith('.tsx'))
    .flatMap((source) => [
      ...eachMatch(
        source,
        withoutComments(source.text),
        />\s*\p{L}[^<>{}=;]*<\//u,
        (found) => `says ${found.trim()} itself`,
      ),
      ...eachMatch(
        source,
        source.text,
        /\b(?:aria-label|title|alt|placeholder)="[^"]*\p{L}[^"]*"/u,
        (found) => `says ${found} itself`,
      ),
    ]);

const packageOwners: Rule = (sources) =>
  sources.filter(isSource).flatMap((source) =>
    specifiersOf(source)
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .flatMap((specifier) => {
        const owners = OWNERS[packageOf(specifier)] ?? ['src/'];
        return owners.some((owner) => source.path.startsWith(owner))
          ? []
          : [`${source.path}: ${packageOf(specifier)} belongs to ${owners.join(' ')}`];
      }),
  );

const pureDomain: Rule = (sources) =>
  sources
    .filter((source) => isSource(source) && partOf(source.path) === 'domain')
    .flatMap((source) =>
      specifiersOf(source)
        .filter((specifier) => !specifier.startsWith('.') && !PURE_BUILTINS.includes(specifier))
        .map((specifier) => `${source.path}: the domain imports nothing, yet it imports ${specifier}`),
    );

const noBarrels: Rule = (sources) =>
  sources
    .filter(isCode)
    .flatMap((source) => [
      ...(/(^|\/)index\.tsx?$/.test(source.path) ? [`${source.path}: an index file`] : []),
      ...eachMatch(
        source,
        withoutComments(source.text),
        /\bexport\s+(type\s+)?(\*|\{[^}]*\})(\s+as\s+\w+)?\s+from\b/,
        () => 'exports what is another file’s',
      ),
    ]);

const noCycles: Rule = (sources) => {
  const graph = new Map(
    sources.filter(isCode).map((source) => [
      source.path,
      specifiersOf(source)
        .map((specifier) => resolveImport(source.path, specifier))
        .filter((target) => target !== null),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push(`${path}: a cycle: ${[...trail.slice(start), path].join(' → ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
};

const namesThatSay: Rule = (sources) =>
  sources
    .filter(({ path }) => BAD_NAMES.test(path))
    .map(({ path }) => `${path}: the name does not say what is in it`);

const environmentInOnePlace: Rule = (sources) =>
  sources
    .filter((source) => isSource(source) && !READS_ENVIRONMENT.includes(source.path))
    .flatMap((source) =>
      eachMatch(source, codeOnly(source.text), /\bprocess\.env\b/, () => 'reads the environment'),
    );

const silence: Rule = (sources) =>
  sources
    .filter((source) => isCode(source) && !SPEAKS.some((one) => source.path.startsWith(one)))
    .flatMap((source) => eachMatch(source, codeOnly(source.text), /\bconsole\./, () => 'prints'));

const injectedTime: Rule = (sources) =>
  sources
    .filter((source) => isSource(source) && PURE.includes(partOf(source.path)))
    .flatMap((source) => eachMatch(source, codeOnly(source.text), IMPURE, (found) => `uses ${found}`));

const shortFiles: Rule = (sources) =>
  sources
    .filter(({ path }) => /^(src|test|bench|scripts|web)\/.*\.(tsx?|mjs|css)$/.test(path))
    .map(({ path, text }) => ({
      path,
      lines: text.trimEnd().split('\n').length,
      max: path.startsWith('test/') ? TEST_LINES_MAX : LINES_MAX,
    }))
    .filter(({ lines, max }) => lines > max)
    .map(({ path, max }) => `${path}: longer than ${max} lines`);

const titlesAreSentences: Rule = (sources) =>
  sources
    .filter(({ path }) => path.endsWith('.test.ts'))
    .flatMap((source) =>
      [
        ...source.text.matchAll(
          /^\s*test(?:\.serial|\.failing|\.only|\.skip)*\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`)/gm,
        ),
      ]
        .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
        .filter((title) => !title.includes(' '))
        .map((title) => `${source.path}: the title “${title}” is no sentence`),
    );

const noFocus: Rule = (sources) =>
  sources
    .filter(({ path }) => path.endsWith('.test.ts'))
    .flatMap((source) =>
      eachMatch(
        source,
        codeOnly(source.text),
        /\btest(\.\w+)*\.(only|skip|failing)\(/,
        (found) => `has ${found}`,
      ),
    );

const noMachinePaths: Rule = (sources) =>
  sources.flatMap((source) =>
    eachMatch(source, source.text, MACHINE_PATH, (found) => `names ${found}, a path of one machine`),
  );

/** Every rule by the sentence it enforces. */
export const RULES: Readonly<Record<string, Rule>> = {
  'imports point one way': importDirection,
  'the pages share a design and nothing else': pagesApart,
  'the pages speak by their catalogues': pagesSpeakByCatalogue,
  'a package is imported only where it is owned': packageOwners,
  'the domain imports no package': pureDomain,
  'there are no barrels': noBarrels,
  'there are no import cycles': noCycles,
  'file names say what is in them': namesThatSay,
  'the environment is read in one place': environmentInOnePlace,
  'only programs that people run print': silence,
  'time and chance are injected': injectedTime,
  'files are short': shortFiles,
  'test titles are sentences': titlesAreSentences,
  'no test is focused or skipped': noFocus,
  'no path of a machine is named': noMachinePaths,
};
