import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { NodeHandle, RabbitHandle, ServerHandle } from '../../src/chaos/nemesis.ts';
import { startNode } from '../../src/chaos/nodes.ts';
import type { Scope } from '../../src/chaos/scope.ts';
import { startPostgres } from '../../src/chaos/servers/postgres.ts';
import { tempFolder } from '../../src/chaos/servers/programs.ts';
import { startRabbit } from '../../src/chaos/servers/rabbit.ts';
import { startRedis } from '../../src/chaos/servers/redis.ts';
import { insistFor } from '../../src/chaos/waiting.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { createBearerTokens } from '../../src/infra/jose/bearer-tokens.ts';
import { freePort } from '../../src/infra/free-port.ts';

const SECRET = 'the nodes of the benchmark sign with this one';
const SEATS_A_ROW = 50;
const ROWS = 100;
/** Below what a fan waits; an outage must not be measured by a client that hangs. */
const ANSWER_MS = 10_000;
const WAIT_MS = 120_000;

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export const ask = async (
  url: string,
  method: string,
  path: string,
  more: { readonly token?: string; readonly pass?: string; readonly body?: object } = {},
): Promise<Answer> => {
  const response = await fetch(`${url}${path}`, {
    method,
    signal: AbortSignal.timeout(ANSWER_MS),
    headers: {
      ...(more.token === undefined ? {} : { authorization: `Bearer ${more.token}` }),
      ...(more.pass === undefined ? {} : { 'catraca-pass': more.pass }),
      ...(more.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
};

/** Repeats until it does not throw; resolves with how long that took. */
export const msUntil = async (is: () => Promise<void>): Promise<number> => {
  const fromMs = performance.now();
  await insistFor(WAIT_MS, is, 25);
  return performance.now() - fromMs;
};

export const must = (right: boolean, what: unknown): void => {
  if (!right) throw new Error(`not yet: ${JSON.stringify(what)}`);
};

/** Two nodes and a gateway as processes, on servers of their own, and one fan inside who buys. */
export interface OutageStage {
  readonly nodes: readonly [NodeHandle, NodeHandle];
  readonly postgres: ServerHandle;
  readonly redis: ServerHandle;
  readonly rabbit: RabbitHandle;
  frame(node: NodeHandle): Promise<Answer['body']>;
  /** Asks for a seat that nobody had. */
  hold(node: NodeHandle): Promise<Answer>;
  /** A seat, an order, its payment at the gateway; resolves with the order's id. */
  pay(node: NodeHandle): Promise<string>;
  order(node: NodeHandle, orderId: string): Promise<Answer>;
}

export const startStage = async (scope: Scope): Promise<OutageStage> => {
  const [postgres, redis, rabbit] = [
    await startPostgres(scope),
    await startRedis(scope),
    await startRabbit(scope),
  ];
  const folder = await tempFolder(scope, 'outages');
  const [sandboxPort, ...ports] = [await freePort(), await freePort(), await freePort()];
  const common = { CATRACA_SECRET: SECRET, CATRACA_DATA_DIR: folder, LOG_LEVEL: 'warn' };
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  await startNode(scope, {
    name: 'sandbox',
    url: sandboxUrl,
    readyPath: '/sandbox/ledger',
    args: ['serve', '--role', 'sandbox'],
    settings: {
      ...common,
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${ports[0]}/v1/payments/webhooks/stripe`,
    },
    logFile: join(folder, 'sandbox.log'),
  });
  const start = (port: number): Promise<NodeHandle> =>
    startNode(scope, {
      name: `node ${port}`,
      url: `http://127.0.0.1:${port}`,
      readyPath: '/readyz',
      args: ['serve', '--role', 'gateway,tickets,payments'],
      settings: {
        ...common,
        DATABASE_URL: postgres.url,
        REDIS_URL: redis.url,
        RABBITMQ_URL: rabbit.url,
        // The one fan stays inside for the longest outage.
        PASS_TTL_MS: '3600000',
        PORT: String(port),
        STRIPE_API_URL: sandboxUrl,
      },
      logFile: join(folder, `${port}.log`),
    });
  const nodes = [await start(ports[0] ?? 0), await start(ports[1] ?? 0)] as const;
  const { url } = nodes[0];
  const tokens = createBearerTokens({ secret: SECRET, clock: systemClock, oidc: undefined });
  const operator = await tokens.issue({ id: 'operator', role: 'operator' }, 3_600_000);
  const rows = Array.from({ length: ROWS }, (_, row) => ({ name: String(row + 1), seats: SEATS_A_ROW }));
  const created = await ask(url, 'POST', '/v1/operator/events', {
    token: operator,
    body: {
      name: 'Noite',
      venue: 'Arena',
      currency: 'BRL',
      opensAt: '2020-01-01T00:00:00Z',
      limits: { seatsPerFan: 1_000, holdsPerFan: 1_000 },
      admission: { ratePerMinute: 600, insideMax: 10_000 },
      sections: [{ id: 'A', name: 'A', priceMinor: 1_000, rows }],
    },
  });
  const eventId = String(created.body['eventId']);
  const fan = String((await ask(url, 'POST', '/v1/fans')).body['token']);
  const joined = await ask(url, 'POST', `/v1/events/${eventId}/line`, { token: fan });
  let pass = '';
  await msUntil(async () => {
    const body = { place: joined.body['place'] };
    const answer = await ask(url, 'POST', `/v1/events/${eventId}/admission`, { token: fan, body });
    must(answer.status < 300, answer);
    pass = String(answer.body['pass']);
  });

  let seat = 0;
  const hold = (node: NodeHandle): Promise<Answer> => {
    const seatId = `A-${Math.floor(seat / SEATS_A_ROW) + 1}-${(seat % SEATS_A_ROW) + 1}`;
    seat += 1;
    return ask(node.url, 'POST', `/v1/events/${eventId}/holds`, {
      token: fan,
      pass,
      body: { sectionId: 'A', seatIds: [seatId] },
    });
  };
  const order = (node: NodeHandle, orderId: string): Promise<Answer> =>
    ask(node.url, 'GET', `/v1/orders/${orderId}`, { token: fan });
  return {
    nodes,
    postgres,
    redis,
    rabbit,
    frame: async (node) => (await ask(node.url, 'GET', `/v1/events/${eventId}/line`)).body,
    hold,
    async pay(node) {
      const held = await hold(node);
      must(held.status === 201, held);
      const body = { holdIds: [held.body['holdId']] };
      const placed = await ask(node.url, 'POST', '/v1/orders', { token: fan, body });
      must(placed.status === 201, placed);
      const orderId = String(placed.body['orderId']);
      await msUntil(async () => {
        const { checkoutUrl } = (await order(node, orderId)).body;
        must(typeof checkoutUrl === 'string', checkoutUrl);
        const paid = await fetch(`${String(checkoutUrl)}/pay`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
          body: JSON.stringify({ card: '4242424242424242' }),
        });
        must(paid.status === 200, paid.status);
      });
      return orderId;
    },
    order,
  };
};
