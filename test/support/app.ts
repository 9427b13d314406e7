import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Pool } from 'pg';
import { startApp, type RunningApp } from '../../src/app.ts';
import { readConfig, type Role } from '../../src/config.ts';
import { silentLog } from '../../src/infra/log.ts';
import { ask, type Reply } from './api.ts';
import { eventually } from './eventually.ts';
import { signIn, type Fan } from './fan.ts';
import { testPostgres, testRabbit, testRedis, type Stage } from './servers.ts';

export type Variant = 'embedded' | 'real';

/** Teardown for what a whole file shares: ava gives hooks none. Call `end` in `test.after.always`. */
export const sharedStage = (t: Pick<ExecutionContext, 'log'>): Stage & { end(): Promise<void> } => {
  const endings: (() => unknown)[] = [];
  const log = ((...values: unknown[]) => t.log(...values)) as Stage['log'];
  return {
    log,
    pass: (() => true) as Stage['pass'],
    teardown: (ending) => void endings.push(ending),
    async end() {
      for (let ending = endings.pop(); ending !== undefined; ending = endings.pop()) await ending();
    },
  };
};

/** A folder that a server under another account may enter; removed at teardown. */
export const temporaryFolder = async (t: Stage): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'catraca-e2e-'));
  await chmod(folder, 0o711);
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
};

export interface ServerSettings {
  readonly settings: Readonly<Record<string, string>>;
  /** `rabbitmqctl -p` takes it. */
  readonly vhost: string;
}

/** The variables that name real servers of the test's own. Null where one is not to be had. */
export const realServers = async (t: Stage): Promise<ServerSettings | null> => {
  const postgres = await testPostgres(t);
  if (postgres === null) return null;
  const redis = await testRedis(t);
  if (redis === null) return null;
  const rabbit = await testRabbit(t);
  if (rabbit === null) return null;
  return {
    vhost: new URL(rabbit.url).pathname.slice(1),
    settings: {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      REDIS_PREFIX: redis.prefix,
      RABBITMQ_URL: rabbit.url,
    },
  };
};

/**
 * For files that open an event for each test: the line of each ticks until the app stops, and fifty of them at `QUICK` left a core for
 * nothing else.
 */
export const MANY_EVENTS = { ADMISSION_TICK_MS: '250' } as const;

/** Quick enough that nobody waits for a tick; few connections, because all tests share one server. */
export const QUICK = {
  PORT: '0',
  SANDBOX_PORT: '0',
  LOG_LEVEL: 'silent',
  DATABASE_POOL: '4',
  ADMISSION_TICK_MS: '25',
  SWEEP_EVERY_MS: '100',
  DRAIN_MS: '1000',
} as const;

/** An event's definition as an operator sends it: rows of ten in A and B, and five standing places. */
export const definition = (change: object = {}) => ({
  name: 'Noite de Teste',
  venue: 'Sala 1',
  currency: 'BRL',
  opensAt: '2020-01-01T00:00:00Z',
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  admission: { ratePerMinute: 60_000, insideMax: 10_000 },
  sections: [
    { id: 'A', name: 'Cadeira A', priceMinor: 25_000, rows: [{ name: '1', seats: 10 }] },
    { id: 'B', name: 'Cadeira B', priceMinor: 15_000, rows: [{ name: '1', seats: 10 }] },
    { id: 'PISTA', name: 'Pista', priceMinor: 12_000, capacity: 5 },
  ],
  ...change,
});

export interface IntentDocument {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly amount_received: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the tests ask of a running app, whichever way it was started. */
export const clientOf = (url: string, sandboxUrl: string, operatorToken: string) => ({
  url,
  sandboxUrl,
  operatorToken,
  fan: (): Promise<Fan> => signIn(url),
  operator: <B>(method: string, path: string, body?: unknown): Promise<Reply<B>> =>
    ask<B>(url, method, `/v1/operator${path}`, { token: operatorToken, body }),
  async createEvent(change: object = {}): Promise<string> {
    const reply = await ask<{ eventId: string }>(url, 'POST', '/v1/operator/events', {
      token: operatorToken,
      body: definition(change),
    });
    assert.equal(reply.status, 201, reply.text);
    return reply.body.eventId;
  },
  /** The gateway's own view of an order's payment, read from its ledger. */
  async intentOf(orderId: string): Promise<IntentDocument> {
    const { body } = await ask<{ intents: IntentDocument[] }>(sandboxUrl, 'GET', '/sandbox/ledger');
    const intents = body.intents.filter((one) => Object.values(one.metadata).includes(orderId));
    assert.equal(intents.length, 1, `${intents.length} intents for one order`);
    return intents[0] as IntentDocument;
  },
  seatIs: (eventId: string, seatId: string, status: string): Promise<void> =>
    eventually(async () => {
      const path = `/v1/events/${eventId}/sections/${seatId.split('-')[0]}/seats`;
      const { body } = await ask<{ seats: { seatId: string; status: string }[] }>(url, 'GET', path);
      assert.equal(body.seats.find((seat) => seat.seatId === seatId)?.status, status);
    }),
});

export type Client = ReturnType<typeof clientOf>;

export interface TestApp extends Client {
  readonly app: RunningApp;
  readonly settings: Readonly<Record<string, string>>;
  /** Of the real variant. */
  readonly vhost: string;
  /** The test's own view into the database of the app. */
  readonly database: Pool;
  /** Why the app said that it cannot go on; empty in a healthy run. */
  readonly fatal: readonly string[];
  /** Stops it and starts it again on the same servers and data; ports are new. */
  restart(change?: Readonly<Record<string, string>>): Promise<TestApp>;
}

const launch = async (
  t: Stage,
  settings: Readonly<Record<string, string>>,
  vhost: string,
  roles?: readonly Role[],
): Promise<TestApp> => {
  const fatal: string[] = [];
  const app = await startApp({
    config: readConfig(settings, roles),
    log: silentLog,
    demo: false,
    onFatal: (reason) => void fatal.push(reason),
  });
  t.teardown(() => app.stop());
  const database = new Pool({
    connectionString: app.databaseUrl ?? '',
    max: 3,
    connectionTimeoutMillis: 5_000,
  });
  // At teardown the server may be gone before its clients.
  database.on('error', () => undefined);
  t.teardown(async () => {
    if (!database.ended) await database.end();
  });
  return {
    ...clientOf(app.url ?? '', app.sandboxUrl ?? '', app.operatorToken),
    app,
    settings,
    vhost,
    database,
    fatal,
    async restart(change = {}) {
      await database.end();
      await app.stop();
      return launch(t, { ...settings, ...change }, vhost, roles);
    },
  };
};

/**
 * The whole app in this process, embedded or on real servers of the test's own, stopped at teardown. Null where those
 * servers are not to be had: the test then returns.
 */
export const startTestApp = async (
  t: Stage,
  variant: Variant,
  change: Readonly<Record<string, string>> = {},
): Promise<TestApp | null> => {
  const servers = variant === 'real' ? await realServers(t) : { settings: {}, vhost: '' };
  if (servers === null) return null;
  const settings = {
    ...QUICK,
    CATRACA_DATA_DIR: await temporaryFolder(t),
    ...servers.settings,
    ...change,
  };
  return launch(t, settings, servers.vhost);
};
