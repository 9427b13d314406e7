import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ServerHandle } from '../../src/chaos/nemesis.ts';
import { startPrivateServer } from '../../src/chaos/servers/private-server.ts';
import { findProgram, ProgramsMissing, tempFolder } from '../../src/chaos/servers/programs.ts';
import { freePort } from '../../src/infra/free-port.ts';
import { askRedis } from '../../src/infra/redis/one-command.ts';
import { eventually } from './eventually.ts';
import { orAbsent } from './private-servers.ts';
import type { Stage } from './servers.ts';

/** Short, so that a test is; long enough that a busy machine is not taken for a dead one. */
const NODE_TIMEOUT_MS = 2_500;
const FORMED_WITHIN_MS = 60_000;

export interface RedisNode extends ServerHandle {
  readonly port: number;
}

export interface RedisCluster {
  /** As `REDIS_URL` takes it; it names the first three nodes only. */
  readonly url: string;
  readonly nodes: readonly RedisNode[];
  /** Resolves when three masters cover all slots and each other node follows one of them, in the view of every node. */
  whole(): Promise<void>;
  /** The node that answers for this key at present. */
  masterOf(key: string): Promise<RedisNode>;
}

const run = async (program: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, args, { timeout: FORMED_WITHIN_MS })).stdout;

/** Three masters with a replica each, of the test's own. Null where the programs are missing. */
export const privateRedisCluster = (t: Stage): Promise<RedisCluster | null> =>
  orAbsent(t, async (scope) => {
    const server = findProgram('redis-server', '/usr/bin/redis-server');
    const cli = findProgram('redis-cli', '/usr/bin/redis-cli');
    if (server === null || cli === null) throw new ProgramsMissing('Redis');
    const start = async (): Promise<RedisNode> => {
      const folder = await tempFolder(scope, 'redis-node');
      const [port, busPort] = [await freePort(), await freePort()];
      const url = `redis://127.0.0.1:${port}`;
      const options = {
        port,
        bind: '127.0.0.1',
        dir: folder,
        save: '',
        appendonly: 'no',
        'cluster-enabled': 'yes',
        'cluster-port': busPort,
        'cluster-config-file': 'nodes.conf',
        'cluster-node-timeout': NODE_TIMEOUT_MS,
      };
      const handle = await startPrivateServer(scope, {
        name: 'Redis',
        url,
        folder,
        program: server,
        args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
        stopSignal: 'SIGTERM',
        readyWithinMs: 20_000,
        probe: () => askRedis(url, 1_000, 'PING'),
      });
      return { ...handle, port };
    };
    const nodes: RedisNode[] = [];
    while (nodes.length < 6) nodes.push(await start());
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    await run(cli, '--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes');
    const whole = (): Promise<void> =>
      eventually(async () => {
        for (const { url } of nodes) {
          const info = String(await askRedis(url, 2_000, 'CLUSTER', 'INFO'));
          assert.match(info, /cluster_state:ok/);
          assert.match(info, /cluster_known_nodes:6/);
          assert.match(info, /cluster_size:3/);
          // A replica that has not its master's data yet may not be promoted.
          const replication = String(await askRedis(url, 2_000, 'INFO', 'replication'));
          assert.ok(
            /role:master/.test(replication) || /master_link_status:up/.test(replication),
            replication,
          );
        }
      }, FORMED_WITHIN_MS);
    await whole();
    return {
      url: `redis+cluster://${addresses.slice(0, 3).join(',')}`,
      nodes,
      whole,
      async masterOf(key) {
        for (const { url } of nodes) {
          try {
            const slot = Number(await askRedis(url, 2_000, 'CLUSTER', 'KEYSLOT', key));
            const ranges = (await askRedis(url, 2_000, 'CLUSTER', 'SLOTS')) as [
              number,
              number,
              [string, number],
            ][];
            const port = ranges.find(([from, to]) => slot >= from && slot <= to)?.[2][1];
            const found = nodes.find((one) => one.port === port);
            if (found !== undefined) return found;
          } catch {
            // This one is dead; another knows as well.
          }
        }
        throw new Error('no node knows who answers for the key');
      },
    };
  });
