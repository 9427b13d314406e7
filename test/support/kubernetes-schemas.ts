import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);
const PACKAGES: readonly [RegExp, string][] = [
  [/^keda\.sh\//, '@kubernetes-models/keda'],
  [/./, 'kubernetes-models'],
];

type Model = new (data: object) => { validate(): void };

/** Throws where a manifest is not what the published schema of its kind says; also for a kind that nobody knows. */
export const validateManifest = (manifest: Manifest): void => {
  const [, name] = PACKAGES.find(([pattern]) => pattern.test(manifest.apiVersion)) ?? [];
  const models = require(`${name}/${manifest.apiVersion}/${manifest.kind}`) as Record<string, Model>;
  const ModelOfKind = models[manifest.kind];
  if (ModelOfKind === undefined) throw new Error(`no schema for ${manifest.apiVersion} ${manifest.kind}`);
  new ModelOfKind(manifest).validate();
};

/** Maps whose names are free. */
const FREE = new Set([
  'annotations',
  'data',
  'labels',
  'limits',
  'matchLabels',
  'requests',
  'selector',
  'capacity',
]);

let known: ReadonlySet<string> | null = null;
/** Every member that any published type has. The schemas let unknown members pass, so a misspelt one is found here. */
const knownMembers = (): ReadonlySet<string> => {
  if (known !== null) return known;
  const names = new Set(['apiVersion', 'kind', 'metadata']);
  const read = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) read(path);
      else if (entry.name.endsWith('.d.ts'))
        for (const [, name] of readFileSync(path, 'utf8').matchAll(/^\s*"?([A-Za-z]\w*)"?\??:/gm))
          names.add(name ?? '');
    }
  };
  for (const name of ['kubernetes-models', '@kubernetes-models/keda', '@kubernetes-models/apimachinery'])
    read(dirname(require.resolve(`${name}/package.json`)));
  known = names;
  return names;
};

/** Members, by their path, that no published type has. */
export const strangeMembers = (value: unknown, path = ''): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((one, index) => strangeMembers(one, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const here = `${path}.${name}`;
    // Free names: but a `selector` may hold `matchLabels`, which is none.
    const free = FREE.has(path.split('.').at(-1) ?? '') && typeof member !== 'object';
    const isTrigger = /triggers\[\d+\]\.metadata$/.test(path);
    return free || isTrigger || knownMembers().has(name) ? strangeMembers(member, here) : [here];
  });
};
