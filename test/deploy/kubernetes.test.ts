import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { parseAllDocuments, parse } from 'yaml';
import { findProgram } from '../../src/chaos/servers/programs.ts';
import { readConfig, VARIABLES, type Role } from '../../src/config.ts';
import { strangeMembers, validateManifest, type Manifest } from '../support/kubernetes-schemas.ts';
import { START_COMMANDS } from '../support/start-commands.ts';

const ROOT = 'deploy/kubernetes';
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map((name) => `${ROOT}/${name.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.yaml'));

const documentsOf = (text: string): Manifest[] =>
  parseAllDocuments(text, { merge: true }).map((document) => document.toJS() as Manifest);

const manifests = files
  .filter((path) => !path.endsWith('kustomization.yaml'))
  .flatMap((path) => documentsOf(readFileSync(path, 'utf8')));

interface Container {
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom: readonly { readonly configMapRef?: object; readonly secretRef?: object }[];
  readonly startupProbe?: object;
  readonly livenessProbe?: { readonly httpGet: { readonly path: string } };
  readonly readinessProbe?: { readonly httpGet: { readonly path: string } };
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly resources: { readonly requests?: object; readonly limits?: { readonly memory?: string } };
  readonly securityContext: {
    readonly readOnlyRootFilesystem?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsNonRoot?: boolean };
  readonly containers: readonly Container[];
}

const podOf = (manifest: Manifest): PodSpec =>
  (manifest.spec as { template: { spec: PodSpec } }).template.spec;
const ofKind = (kind: string, some: readonly Manifest[] = manifests): readonly Manifest[] =>
  some.filter((one) => one.kind === kind);

const check = (t: ExecutionContext, manifest: Manifest): void => {
  const name = `${manifest.kind} ${manifest.metadata.name}`;
  t.notThrows(() => validateManifest(manifest), name);
  t.deepEqual(strangeMembers(manifest), [], name);
};

test('every manifest is what the published schema of its kind says, down to the spelling', (t) => {
  t.true(manifests.length > 20);
  for (const manifest of manifests) check(t, manifest);
  // The checker can say no.
  const [deployment] = ofKind('Deployment').map(
    (one) => structuredClone(one) as never as Record<string, never>,
  );
  t.throws(() => validateManifest({ ...deployment, spec: { replicas: 'three' } } as never));
  t.deepEqual(strangeMembers({ spec: { replicaz: 3 } }), ['.spec.replicaz']);
});

test('every file says what has checked it', (t) => {
  for (const path of files)
    t.regex(readFileSync(path, 'utf8'), /^# Checked against .*no cluster has run it\.$/m, path);
});

test('base and overlays name files that exist, and each file is named', (t) => {
  for (const folder of ['base', 'overlays/production', 'overlays/staging']) {
    const here = `${ROOT}/${folder}`;
    const { resources } = parse(readFileSync(`${here}/kustomization.yaml`, 'utf8')) as {
      resources: string[];
    };
    const own = files
      .filter((path) => path.startsWith(`${here}/`) && !path.endsWith('kustomization.yaml'))
      .map((path) => path.slice(here.length + 1));
    t.deepEqual(resources.filter((name) => !name.startsWith('..')).sort(), own.sort(), folder);
  }
});

test('the overlays build, and what they build is valid', (t) => {
  const kubectl = findProgram('kubectl');
  const kustomize = findProgram('kustomize');
  if (kubectl === null && kustomize === null) {
    t.log('not run: neither kustomize nor kubectl was found');
    t.pass();
    return;
  }
  for (const overlay of ['production', 'staging']) {
    const [program, ...args] = kustomize === null ? [kubectl ?? '', 'kustomize'] : [kustomize, 'build'];
    const built = spawnSync(program, [...args, `${ROOT}/overlays/${overlay}`], { encoding: 'utf8' });
    t.is(built.status, 0, built.stderr);
    const made = documentsOf(built.stdout);
    for (const manifest of made) {
      check(t, manifest);
      t.is(manifest.metadata.namespace, 'catraca', manifest.metadata.name);
    }
    // Two autoscalers of one deployment fight.
    const scalers = [...ofKind('HorizontalPodAutoscaler', made), ...ofKind('ScaledObject', made)];
    t.deepEqual(scalers.map((one) => one.metadata.name).sort(), ['gateway', 'payments', 'tickets']);
  }
});

test('each role runs by the command that the tests of several processes use, in an environment that production accepts', (t) => {
  const config = ofKind('ConfigMap')[0]?.data ?? {};
  const secret = {
    DATABASE_URL: 'postgres://db/catraca',
    REDIS_URL: 'redis://cache',
    RABBITMQ_URL: 'amqp://broker',
    CATRACA_SECRET: 's'.repeat(32),
    STRIPE_SECRET_KEY: 'sk',
    STRIPE_WEBHOOK_SECRET: 'whsec',
  };
  for (const name of Object.keys({ ...config, ...secret })) t.true(VARIABLES.includes(name), name);
  for (const manifest of [...ofKind('Deployment'), ...ofKind('Job')]) {
    const role = manifest.metadata.name as Role & 'migrate';
    const container = podOf(manifest).containers[0] as Container;
    t.deepEqual(container.args, START_COMMANDS[role], role);
    t.deepEqual(container.envFrom, [
      { configMapRef: { name: 'catraca' } },
      { secretRef: { name: 'catraca' } },
    ]);
    const own = Object.fromEntries((container.env ?? []).map((one) => [one.name, one.value ?? '']));
    for (const name of Object.keys(own)) t.true(VARIABLES.includes(name), name);
    t.notThrows(
      () => readConfig({ ...config, ...secret, ...own }, role === 'migrate' ? undefined : [role]),
      role,
    );
  }
});

test('secrets are outside: no manifest holds one', (t) => {
  t.deepEqual(ofKind('Secret'), []);
  for (const path of files)
    t.notRegex(readFileSync(path, 'utf8'), /sk_(live|test)|whsec_|:\/\/\w+:\w+@/, path);
});

test('every pod is probed, drains before it is killed, is bounded, and may do nothing but its work', (t) => {
  for (const manifest of ofKind('Deployment')) {
    const pod = podOf(manifest);
    const [container] = pod.containers;
    const name = manifest.metadata.name;
    t.is(container?.livenessProbe?.httpGet.path, '/livez', name);
    t.is(container?.readinessProbe?.httpGet.path, '/readyz', name);
    t.truthy(container?.startupProbe, name);
    const pauseSeconds = Number(container?.lifecycle?.preStop.exec.command[1]);
    // Two failed looks of the readiness probe, then the drain, and the process' own last word.
    t.true(pauseSeconds >= 4, name);
    t.true(pod.terminationGracePeriodSeconds > pauseSeconds + readConfig({}).DRAIN_MS / 1_000 + 5, name);
  }
  for (const manifest of [...ofKind('Deployment'), ...ofKind('Job')]) {
    const pod = podOf(manifest);
    t.true(pod.securityContext.runAsNonRoot);
    for (const one of pod.containers) {
      t.true(one.securityContext.readOnlyRootFilesystem);
      t.false(one.securityContext.allowPrivilegeEscalation);
      t.deepEqual(one.securityContext.capabilities?.drop, ['ALL']);
      t.truthy(one.resources.limits?.memory);
    }
  }
});

test('each role that scales has a disruption budget and an autoscaler, and every pod a network policy', (t) => {
  const names = (kind: string) => ofKind(kind).map((one) => one.metadata.name);
  for (const role of ['gateway', 'tickets', 'payments']) {
    t.true(names('PodDisruptionBudget').includes(role));
    t.true(names('HorizontalPodAutoscaler').includes(role));
    t.true(names('ScaledObject').includes(role));
  }
  for (const role of ['nothing', 'gateway', 'tickets', 'payments', 'migrate', 'sandbox'])
    t.true(names('NetworkPolicy').includes(role), role);
});
