import { DEFAULT_SUPERVISION } from '../../actors/kit/supervision.ts';
import type { AppOptions, RunningApp } from '../../app.ts';
import type { Config, Role } from '../../config.ts';
import { systemClock, systemRandom } from '../../infra/environment.ts';
import { createMetrics } from '../../infra/metrics.ts';
import { freePort } from '../../infra/free-port.ts';
import { startEmbeddedPostgres } from '../../infra/postgres/embedded/start.ts';
import { startOrClose, type Closing } from '../closing.ts';
import { signingSecret } from '../secret.ts';
import { spawnWorker, type ClusterProcess } from './cluster-process.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { createMetricsGathering } from './gathering.ts';
import type { FromWorker } from './messages.ts';

/** Beyond the drain itself: streams end, leases are given back, connections say goodbye. */
const STOP_MARGIN_MS = 400;
const EVERYWHERE = new Set(['0.0.0.0', '::']);

const urlOf = (host: string, port: number): string => {
  const reached = EVERYWHERE.has(host) ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
};

/** All that the workers must agree on, decided before the first of them starts. */
const agreed = async (
  config: Config,
  roles: { readonly sandbox: boolean },
  closing: Closing,
  log: AppOptions['log'],
): Promise<{
  readonly shared: Record<string, string>;
  readonly sandbox: Record<string, string>;
  readonly embeddedPostgres: boolean;
}> => {
  // Written now, or two workers would each make one.
  await signingSecret(config);
  const port = config.PORT === 0 ? await freePort() : config.PORT;
  const sandboxPort = roles.sandbox && config.SANDBOX_PORT === 0 ? await freePort() : config.SANDBOX_PORT;
  const shared: Record<string, string> = { WORKERS: '1', PORT: String(port) };
  const sandbox = {
    ...shared,
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_WEBHOOK_URL:
      config.SANDBOX_WEBHOOK_URL ?? `${urlOf(config.HOST, port)}/v1/payments/webhooks/stripe`,
  };
  if (roles.sandbox && config.STRIPE_API_URL === undefined)
    shared['STRIPE_API_URL'] = urlOf(config.HOST, sandboxPort);
  const embeddedPostgres = config.DATABASE_URL === undefined;
  if (embeddedPostgres) {
    const postgres = await startEmbeddedPostgres({ dataDir: config.CATRACA_DATA_DIR, log });
    closing.add('embedded PostgreSQL', () => postgres.stop());
    shared['DATABASE_URL'] = postgres.url;
  }
  return { shared, sandbox, embeddedPostgres };
};

/** The numbers of the process that keeps the workers, and the way by which a scrape of one gets those of all. */
const measureFleet = (fleet: () => Fleet, processes: ReadonlyMap<number, ClusterProcess>, size: number) => {
  const metrics = createMetrics({ vitals: false });
  metrics.gauge('catraca_workers', 'Worker processes, by state.', ['state'], (gauge) => {
    const serving = fleet().serving().size;
    gauge.set({ state: 'serving' }, serving);
    gauge.set({ state: 'away' }, size - serving);
  });
  const restarts = metrics.counter('catraca_worker_restarts_total', 'Workers started again, by number.', [
    'worker',
  ]);
  const gathering = createMetricsGathering({
    workers: () => new Map([...fleet().serving().keys()].flatMap((one) => entry(processes, one))),
    own: () => metrics.measured(),
    clock: systemClock,
  });
  return { gathering, restarted: (worker: number) => restarts.inc({ worker: String(worker) }) };
};

const entry = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): [Key, Value][] => {
  const value = map.get(key);
  return value === undefined ? [] : [[key, value]];
};

/**
 * The roles of `options.config` in `config.WORKERS` processes behind one port, with one sandbox and one embedded PostgreSQL
 * for all of them. Starts, fails and stops as `startApp` does; a worker that dies is started again.
 */
export const startWorkers = (options: AppOptions): Promise<RunningApp> =>
  startOrClose(options, (closing) => compose(options, closing));

const compose = async ({ config, log, demo, onFatal }: AppOptions, closing: Closing): Promise<RunningApp> => {
  const withSandbox = config.roles.includes('sandbox');
  const roles = config.roles.filter((role) => role !== 'sandbox');
  const settings = await agreed(config, { sandbox: withSandbox }, closing, log);
  const common = {
    supervision: DEFAULT_SUPERVISION,
    stopWithinMs: config.DRAIN_MS + STOP_MARGIN_MS,
    clock: systemClock,
    random: systemRandom,
    log,
    onGiveUp: onFatal,
  };
  const argsOf = (served: readonly Role[], worker: number): readonly string[] => [
    'serve',
    `--role=${served.join(',')}`,
    `--worker=${worker}`,
  ];

  const sandbox = createFleet({
    ...common,
    size: 1,
    spawn: (worker) => spawnWorker(argsOf(['sandbox'], worker), settings.sandbox, () => undefined),
  });
  closing.add('sandbox gateway', () => sandbox.stop());
  const sandboxUrl = withSandbox ? (await sandbox.start()).sandboxUrl : null;

  const processes = new Map<number, ClusterProcess>();
  const measured = measureFleet(() => fleet, processes, config.WORKERS);
  const fleet = createFleet({
    ...common,
    size: config.WORKERS,
    onRestart: measured.restarted,
    spawn(worker, first) {
      const args = [...argsOf(roles, worker), ...(first && demo ? ['--demo'] : [])];
      const received = (message: FromWorker): void => measured.gathering.received(worker, message);
      const one = spawnWorker(args, settings.shared, received);
      processes.set(worker, one);
      return one;
    },
  });
  closing.add('workers', () => fleet.stop());
  const told = await fleet.start();
  return {
    ...told,
    sandboxUrl,
    parts: [
      ...told.parts.map((part) =>
        part.name === 'PostgreSQL' && settings.embeddedPostgres ? { ...part, where: 'embedded' } : part,
      ),
      { name: 'Workers', where: `${config.WORKERS} processes behind one port` },
    ],
    stop: () => closing.run(),
  };
};
