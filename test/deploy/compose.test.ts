import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { readConfig, VARIABLES } from '../../src/config.ts';
import { fillIn } from '../support/nginx.ts';
import { START_COMMANDS } from '../support/start-commands.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: {
    readonly test?: readonly string[];
    readonly interval?: string;
    readonly timeout?: string;
    readonly retries?: number;
    readonly disable?: boolean;
  };
  readonly ports?: readonly string[];
  readonly restart: string;
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly mem_limit?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
const dockerfile = readFileSync('Dockerfile', 'utf8');
const entries = Object.entries(compose.services);
const service = (name: string): Service => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};
const OURS: Readonly<Record<string, readonly string[]>> = {
  migrate: START_COMMANDS.migrate,
  sandbox: START_COMMANDS.sandbox,
  'node-1': START_COMMANDS.node,
  'node-2': START_COMMANDS.node,
  'node-chaos': START_COMMANDS.node,
};
const SERVERS = ['postgres', 'redis', 'rabbitmq'];
/** What is started only when it is asked for. */
const PROFILES: Readonly<Record<string, readonly string[]>> = {
  edge: ['edge'],
  observability: ['prometheus', 'grafana'],
  chaos: ['toxiproxy', 'node-chaos'],
};

/** What Compose makes of `${NAME:-default}` when nothing is set. */
const withDefaults = (text: string): string => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');

test('the installation has the servers, a migration, two nodes and the sandbox; the rest comes by profile', (t) => {
  const byProfile = (profile: string | undefined) =>
    entries
      .filter(([, one]) =>
        profile === undefined ? one.profiles === undefined : one.profiles?.[0] === profile,
      )
      .map(([name]) => name)
      .sort();
  t.deepEqual(byProfile(undefined), [
    'migrate',
    'node-1',
    'node-2',
    'postgres',
    'rabbitmq',
    'redis',
    'sandbox',
  ]);
  for (const [profile, names] of Object.entries(PROFILES)) t.deepEqual(byProfile(profile), [...names].sort());
});

test('nothing of the default profile waits for what comes by another', (t) => {
  for (const [name, one] of entries)
    for (const other of Object.keys(one.depends_on ?? {})) {
      const wanted = service(other).profiles;
      t.true(wanted === undefined || wanted[0] === one.profiles?.[0], `${name} → ${other}`);
    }
});

test('the edge is given all that its configuration leaves open, and knows the nodes that are there', (t) => {
  const environment = service('edge').environment ?? {};
  const filled = fillIn(readFileSync('deploy/edge/nginx.conf.template', 'utf8'), environment);
  t.notRegex(filled.replaceAll(/^#.*$/gm, ''), /\$\{/);
  const nodes = [...readFileSync('deploy/edge/nodes.conf', 'utf8').matchAll(/^server ([\w-]+):3000 /gm)];
  t.deepEqual(
    nodes.map(([, name]) => name),
    ['node-1', 'node-2'],
  );
  for (const name of ['node-1', 'node-2']) t.is(service(name).environment?.['TRUST_PROXY'], '1');
});

test('files that are mounted are there, and those of the proxy and of Prometheus name services that are there', (t) => {
  for (const [name, one] of entries)
    for (const volume of one.volumes ?? [])
      if (volume.startsWith('./')) t.true(existsSync(volume.split(':')[0] ?? ''), `${name}: ${volume}`);
  const proxies = JSON.parse(readFileSync('deploy/chaos/toxiproxy.json', 'utf8')) as { upstream: string }[];
  t.deepEqual(proxies.map(({ upstream }) => upstream.split(':')[0] ?? '').sort(), [...SERVERS].sort());
  const { scrape_configs: jobs } = parse(readFileSync('deploy/observability/prometheus.yml', 'utf8')) as {
    scrape_configs: { static_configs: { targets: string[] }[] }[];
  };
  for (const target of jobs.flatMap((job) => job.static_configs.flatMap((one) => one.targets)))
    t.truthy(service(target.split(':')[0] ?? ''));
});

test('each file for deployment is checked by a test, or says at its top that it was not', (t) => {
  const tests = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`test/${name}`, 'utf8'))
    .join('\n');
  const files = readdirSync('deploy', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll('\\', '/'));
  t.true(files.length > 15);
  for (const path of files) {
    const top = readFileSync(path, 'utf8').slice(0, 1_500);
    const says = /not applied|[Cc]hecked (by|against)|[Ee]xercised by|Run by/.test(top);
    t.true(says || tests.includes(path) || tests.includes(path.slice(0, path.lastIndexOf('/'))), path);
  }
});

test('the processes are started by the commands that the tests of several processes use', (t) => {
  for (const [name, command] of Object.entries(OURS)) t.deepEqual(service(name).command, command, name);
});

test('the image starts a node the way the nodes of the installation are started', (t) => {
  const instruction = (name: string): unknown =>
    JSON.parse(new RegExp(`^${name} (\\[.*\\])$`, 'm').exec(dockerfile)?.[1] ?? 'null');
  t.deepEqual(instruction('CMD'), START_COMMANDS.node);
  t.deepEqual(instruction('ENTRYPOINT'), [
    'node',
    '--max-semi-space-size=64',
    '--enable-source-maps',
    'dist/src/main.js',
  ]);
  // What the benchmark measures is what runs.
  t.true(readFileSync('package.json', 'utf8').includes('"start": "node --max-semi-space-size=64 '));
  t.true(readFileSync('bench/hold/server-process.ts', 'utf8').includes("'--max-semi-space-size=64'"));
});

test('every image is pinned', (t) => {
  const images = [
    ...entries.filter(([, one]) => one.build === undefined).map(([, one]) => one.image),
    ...[...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1] ?? ''),
  ];
  t.is(images.length, 9);
  for (const image of images) t.regex(image, /^[a-z./-]+:v?\d+\.\d+/, image);
  t.regex(service('postgres').image, /^postgres:17\./);
  t.regex(service('redis').image, /^redis:7\./);
  t.regex(service('rabbitmq').image, /^rabbitmq:4\./);
});

test('everything that keeps running has a bounded health check and comes back after a crash', (t) => {
  for (const [name, one] of entries) {
    t.is(one.restart, name === 'migrate' ? 'no' : 'unless-stopped', name);
    if (name === 'migrate') continue;
    t.is(one.healthcheck.test?.[0], 'CMD', name);
    t.true((one.healthcheck.retries ?? 0) > 0, name);
    t.regex(`${one.healthcheck.interval} ${one.healthcheck.timeout}`, /^\d+s \d+s$/, name);
    t.regex(one.mem_limit ?? '', /^\d+[mg]$/, name);
  }
});

test('the start order waits for health and for the migration', (t) => {
  for (const name of ['node-1', 'node-2']) {
    t.deepEqual(service(name).depends_on, {
      migrate: { condition: 'service_completed_successfully' },
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
      rabbitmq: { condition: 'service_healthy' },
      sandbox: { condition: 'service_healthy' },
    });
  }
  t.deepEqual(service('migrate').depends_on, { postgres: { condition: 'service_healthy' } });
});

test('each of our processes gets an environment that production accepts, and nothing that nobody reads', (t) => {
  for (const name of Object.keys(OURS)) {
    const environment = service(name).environment ?? {};
    for (const variable of Object.keys(environment))
      t.true(VARIABLES.includes(variable), `${name}: ${variable}`);
    const config = readConfig(
      Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, withDefaults(value)])),
    );
    t.is(config.NODE_ENV, 'production');
    t.is(config.HOST, '0.0.0.0');
    for (const url of [config.DATABASE_URL, config.REDIS_URL, config.RABBITMQ_URL]) {
      t.true([...SERVERS, 'toxiproxy'].includes(new URL(url ?? '').hostname), `${name}: ${url}`);
    }
  }
  const secrets = Object.keys(OURS).map((name) => service(name).environment?.['CATRACA_SECRET']);
  t.is(new Set(secrets).size, 1);
});

test('our processes run unprivileged on a read-only file system', (t) => {
  t.regex(dockerfile, /^USER node$/m);
  for (const name of Object.keys(OURS)) {
    t.true(service(name).read_only, name);
    t.deepEqual(service(name).cap_drop, ['ALL'], name);
  }
});

test('ports are published on this machine only, each once, and named volumes are declared', (t) => {
  const ports = entries.flatMap(([, one]) => one.ports ?? []);
  for (const port of ports) t.regex(port, /^127\.0\.0\.1:\d+:\d+$/);
  t.is(new Set(ports.map((port) => port.split(':')[1])).size, ports.length);
  const used = entries
    .flatMap(([, one]) => one.volumes ?? [])
    .filter((volume) => !volume.startsWith('./'))
    .map((volume) => volume.split(':')[0] ?? '');
  t.deepEqual(new Set(used), new Set(Object.keys(compose.volumes)));
});

test('what the image copies exists and is let through .dockerignore', (t) => {
  const ignore = readFileSync('.dockerignore', 'utf8').split('\n');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' ').filter((path) => !path.includes('[')),
  );
  t.true(copied.length > 5);
  for (const path of copied) {
    t.true(existsSync(path), path);
    t.true(ignore.includes(`!${path}`), path);
  }
});

const checkHealth = async (...args: string[]): Promise<number> => {
  const child = spawn(process.execPath, ['deploy/healthcheck.mjs', ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number];
  return code;
};

const answering = async (t: ExecutionContext, status: number): Promise<number> => {
  const server = createServer((_request, response) => response.writeHead(status).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
};

test('the health check believes a 2xx and an open port, nothing else', async (t) => {
  const [up, draining] = [await answering(t, 200), await answering(t, 503)];
  t.is(await checkHealth(`http://127.0.0.1:${up}/livez`), 0);
  t.is(await checkHealth(`http://127.0.0.1:${draining}/livez`), 1);
  t.is(await checkHealth(`tcp://127.0.0.1:${up}`), 0);
  t.is(await checkHealth('tcp://127.0.0.1:1'), 1);
  t.is(await checkHealth('http://127.0.0.1:1/'), 1);
});
