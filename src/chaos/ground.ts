import { createBearerTokens } from '../infra/jose/bearer-tokens.ts';
import { systemClock } from '../infra/environment.ts';
import { freePort } from '../infra/free-port.ts';
import { join } from 'node:path';
import { openFrontDoor } from './front-door.ts';
import type { NodeHandle, RabbitHandle, ServerHandle } from './nemesis.ts';
import { startNode } from './nodes.ts';
import type { Scope } from './scope.ts';
import { startPostgres } from './servers/postgres.ts';
import { tempFolder } from './servers/programs.ts';
import { startRabbit } from './servers/rabbit.ts';
import { startRedis } from './servers/redis.ts';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** Lives short enough that holds and orders end by themselves many times in a run. */
export const HOLD_TTL_MS = 6_000;
export const PAY_WITHIN_MS = 8_000;
export const CALL_TTL_MS = 5_000;
const PASS_TTL_MS = 60_000;
const SWEEP_EVERY_MS = 500;

export const STRIPE_SECRET_KEY = 'sk_test_catraca_chaos';
const OPERATOR_TOKEN_LIVES_MS = 24 * 3_600_000;
const SECRET = 'chaos runs sign with this one, and nobody else does';

/** Everything that a run started: private servers, proxies before them, the gateway, nodes. */
export interface Ground {
  readonly nodes: readonly NodeHandle[];
  readonly sandbox: NodeHandle;
  readonly postgres: ServerHandle;
  readonly redis: ServerHandle;
  readonly rabbit: RabbitHandle;
  readonly proxies: { readonly postgres: TcpProxy; readonly redis: TcpProxy; readonly rabbit: TcpProxy };
  readonly operatorToken: string;
}

const through = (proxy: TcpProxy, url: string): string => {
  const seen = new URL(url);
  seen.host = `${proxy.host}:${proxy.port}`;
  return seen.href;
};

const before = async (scope: Scope, url: string): Promise<TcpProxy> => {
  const { hostname, port } = new URL(url);
  const proxy = await createTcpProxy({ host: hostname, port: Number(port) });
  scope.defer(() => proxy.close());
  return proxy;
};

/** Starts all of it, as root or not; `logFolder` receives a file a node. Rejects (`ProgramsMissing`) without the servers. */
export const prepareGround = async (
  scope: Scope,
  options: { readonly nodes: number; readonly logFolder: string },
): Promise<Ground> => {
  const [postgres, redis, rabbit] = await Promise.all([
    startPostgres(scope),
    startRedis(scope),
    startRabbit(scope),
  ]);
  const proxies = {
    postgres: await before(scope, postgres.url),
    redis: await before(scope, redis.url),
    rabbit: await before(scope, rabbit.url),
  };
  const dataFolder = await tempFolder(scope, 'nodes');
  const nodePorts: number[] = [];
  for (let index = 0; index < options.nodes; index += 1) nodePorts.push(await freePort());
  const sandboxPort = await freePort();
  const urlOf = (port: number): string => `http://127.0.0.1:${port}`;
  const frontDoor = await openFrontDoor(scope, () => nodePorts.map(urlOf));

  const common = {
    LOG_LEVEL: 'info',
    CATRACA_SECRET: SECRET,
    STRIPE_API_URL: urlOf(sandboxPort),
    STRIPE_SECRET_KEY,
  };
  const starting = startNode(scope, {
    name: 'gateway',
    url: urlOf(sandboxPort),
    readyPath: '/livez',
    args: ['serve', '--role', 'sandbox'],
    settings: {
      ...common,
      CATRACA_DATA_DIR: join(dataFolder, 'gateway'),
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_WEBHOOK_URL: `${frontDoor.url}/v1/payments/webhooks/stripe`,
    },
    logFile: join(options.logFolder, 'gateway.log'),
  });
  const [sandbox, ...nodes] = await Promise.all([
    starting,
    ...nodePorts.map((port, index) =>
      startNode(scope, {
        name: `node-${index + 1}`,
        url: urlOf(port),
        readyPath: '/readyz',
        args: ['serve', '--role', 'gateway,tickets,payments'],
        settings: {
          ...common,
          PORT: String(port),
          CATRACA_DATA_DIR: join(dataFolder, `node-${index + 1}`),
          DATABASE_URL: through(proxies.postgres, postgres.url),
          REDIS_URL: through(proxies.redis, redis.url),
          RABBITMQ_URL: through(proxies.rabbit, rabbit.url),
          HOLD_TTL_MS: String(HOLD_TTL_MS),
          PAY_WITHIN_MS: String(PAY_WITHIN_MS),
          PASS_TTL_MS: String(PASS_TTL_MS),
          CALL_TTL_MS: String(CALL_TTL_MS),
          SWEEP_EVERY_MS: String(SWEEP_EVERY_MS),
          CHAOS: '1',
        },
        logFile: join(options.logFolder, `node-${index + 1}.log`),
      }),
    ),
  ]);
  const tokens = createBearerTokens({ secret: SECRET, clock: systemClock });
  const operatorToken = await tokens.issue({ id: 'chaos', role: 'operator' }, OPERATOR_TOKEN_LIVES_MS);
  return { nodes, sandbox, postgres, redis, rabbit, proxies, operatorToken };
};
