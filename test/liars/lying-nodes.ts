import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createClosing, type Closing } from '../../src/app/closing.ts';
import { createSaleMetrics } from '../../src/app/metrics.ts';
import { startPayments } from '../../src/app/payments.ts';
import { postgresStores, startSale, SYSTEM } from '../../src/app/sale.ts';
import { startSandboxGateway } from '../../src/app/sandbox.ts';
import { openServers, type Servers } from '../../src/app/servers.ts';
import { readConfig } from '../../src/config.ts';
import type { PaymentGateway } from '../../src/domain/ports/payment-gateway.ts';
import type { Random } from '../../src/domain/ports/environment.ts';
import type { PaymentService, TicketService } from '../../src/domain/ports/services.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { systemClock } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createMetrics } from '../../src/infra/metrics.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import { pick } from '../../src/rush/seeded-random.ts';
import { createHoldProtocol } from '../../src/tickets/hold-protocol.ts';
import { QUICK, temporaryFolder } from '../support/app.ts';
import type { Stage } from '../support/servers.ts';
import { holdWithoutActors, lyingLocks } from './lies.ts';
import { createRepeats } from './thrice.ts';

export interface Lies {
  /** The seat lock says yes to everybody. */
  readonly locks?: boolean;
  /** Requests reach the hold protocol without an actor in between. */
  readonly bypass?: boolean;
  /** Every message, and every webhook of the gateway, is delivered three times. */
  readonly thrice?: boolean;
}

export interface Node {
  readonly tickets: TicketService;
  readonly payments: PaymentService;
}

export interface LyingNodes {
  readonly nodes: readonly Node[];
  readonly gateway: PaymentGateway;
  /** Deliveries of messages beyond the first of each. */
  readonly repeats: () => number;
  /** Holds that reached the hold protocol without an actor. */
  readonly bypassed: () => number;
  /** Why a node said that it cannot go on. */
  readonly fatal: readonly string[];
}

const NODES = 2;

/** Short lives, so that holds and unpaid orders end while others are being sold. */
const SHORT = { HOLD_TTL_MS: '2000', PAY_WITHIN_MS: '2500', DATABASE_POOL: '5' } as const;

/** Where the gateway's webhooks arrive: at one node, or at any of them three times. Returns the address. */
const listenForWebhooks = async (
  t: Stage,
  nodes: readonly Node[],
  times: number,
  random: Random,
): Promise<string> => {
  const server = createServer((request, response) => {
    const signature = String(request.headers['stripe-signature']);
    const receive = async (): Promise<number> => {
      const body = await buffer(request);
      const outcomes = await Promise.all(
        Array.from({ length: times }, () => pick(random, nodes).payments.receiveWebhook(body, signature)),
      );
      return outcomes.some(isRefusal) ? 400 : 200;
    };
    receive()
      // As the edge does: the gateway then sends it again.
      .catch(() => 503)
      .then(
        (status) => response.writeHead(status).end(),
        () => response.destroy(),
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

/**
 * Two nodes on one database, put together by the app's own composition, but of parts that lie. They share the lock, as nodes
 * share a Redis.
 */
export const startLyingNodes = async (
  t: Stage,
  databaseUrl: string,
  lies: Lies,
  random: Random,
): Promise<LyingNodes> => {
  const log = silentLog;
  const closing: Closing = createClosing(log);
  t.teardown(() => closing.run());
  const config = readConfig({
    ...QUICK,
    ...SHORT,
    CATRACA_DATA_DIR: await temporaryFolder(t),
    DATABASE_URL: databaseUrl,
  });
  const sandbox = await startSandboxGateway(config, log, closing);
  const repeats = createRepeats(random, systemClock);
  const fatal: string[] = [];
  let bypassed = 0;

  const startNode = async (own: Servers, shared: Servers): Promise<Node & { gateway: PaymentGateway }> => {
    const locks = lies.locks === true ? lyingLocks : shared.locks;
    const bus = lies.thrice === true ? repeats.wrap(own.bus) : own.bus;
    closing.add('repeats', () => bus.close());
    const servers: Servers = { ...own, locks, bus };
    const { service, gateway } = await startPayments({ config, servers, sandbox, log, closing });
    const metrics = createSaleMetrics(createMetrics());
    const onFatal = (reason: string): void => void fatal.push(reason);
    const { tickets } = startSale({
      config,
      servers,
      stores: postgresStores(own.pool),
      surroundings: SYSTEM,
      log,
      metrics,
      closing,
      onFatal,
    });
    const ledger = createSeatLedger(own.pool);
    const hold = holdWithoutActors({
      protocol: createHoldProtocol({ locks, ledger, clock: systemClock }),
      ledger,
      random,
      holdTtlMs: config.HOLD_TTL_MS,
    });
    const direct: TicketService = {
      ...tickets,
      hold(command) {
        bypassed += 1;
        return hold(command);
      },
    };
    return { tickets: lies.bypass === true ? direct : tickets, payments: service, gateway };
  };

  const servers: Servers[] = [];
  for (let node = 0; node < NODES; node += 1) servers.push(await openServers(config, log, closing));
  const [shared] = servers;
  if (shared === undefined) throw new Error('no node');
  const nodes = await Promise.all(servers.map((own) => startNode(own, shared)));
  sandbox.setWebhookUrl(await listenForWebhooks(t, nodes, lies.thrice === true ? 3 : 1, random));
  const [{ gateway } = {}] = nodes;
  if (gateway === undefined) throw new Error('no gateway');
  return { nodes, gateway, repeats: repeats.count, bypassed: () => bypassed, fatal };
};
