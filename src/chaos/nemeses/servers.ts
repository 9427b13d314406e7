import { askRedis } from '../../infra/redis/one-command.ts';
import type { Nemesis, ServerHandle, Stage } from '../nemesis.ts';

type Part = 'redis' | 'rabbit' | 'postgres';

const killed = (
  part: Part,
  describes: string,
  lastsMs: readonly [number, number],
  healsInMs: number,
): Nemesis => ({
  kind: `${part}-kill`,
  describes,
  part,
  lastsMs,
  healsInMs,
  async strike(stage) {
    const server: ServerHandle = stage[part];
    await server.kill();
    return { target: server.name, heal: () => server.restart() };
  },
});

const paused = (part: Part, describes: string, lastsMs: readonly [number, number]): Nemesis => ({
  kind: `${part}-pause`,
  describes,
  part,
  lastsMs,
  healsInMs: 4_000,
  strike(stage) {
    const server: ServerHandle = stage[part];
    server.pause();
    return Promise.resolve({
      target: server.name,
      heal() {
        server.resume();
        return Promise.resolve();
      },
    });
  },
});

const redisFlush: Nemesis = {
  kind: 'redis-flushall',
  describes: 'FLUSHALL: locks, counters and passes are gone from one moment to the next',
  part: 'redis',
  lastsMs: [0, 0],
  healsInMs: 3_000,
  async strike(stage) {
    const keys = await askRedis(stage.redis.url, 2_000, 'DBSIZE');
    if (keys === 0) throw new Error('there was nothing to flush');
    const said = await askRedis(stage.redis.url, 2_000, 'FLUSHALL');
    if (said !== 'OK') throw new Error(`FLUSHALL said ${String(said)}`);
    return { target: `${String(keys)} keys`, heal: () => Promise.resolve() };
  },
};

const rabbitConnectionsClosed: Nemesis = {
  kind: 'rabbit-connections-closed',
  describes: 'an operator of RabbitMQ closes all connections',
  part: 'rabbit',
  lastsMs: [0, 0],
  healsInMs: 3_000,
  async strike(stage) {
    const before = await connectionsOf(stage);
    if (before === 0) throw new Error('nobody is connected to RabbitMQ');
    await stage.rabbit.control('-q', 'close_all_connections', 'chaos');
    return { target: `${before} connections`, heal: () => Promise.resolve() };
  },
};

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line.trim() !== '');

const connectionsOf = async (stage: Stage): Promise<number> =>
  linesOf(await stage.rabbit.control('-q', 'list_connections', 'pid', '--no-table-headers')).length;

const queuesOf = async (stage: Stage): Promise<readonly string[]> =>
  linesOf(await stage.rabbit.control('-q', 'list_queues', 'name', '--no-table-headers'));

const rabbitQueueDeleted: Nemesis = {
  kind: 'rabbit-queue-deleted',
  describes: 'the queues of both services are deleted, with what is in them',
  part: 'rabbit',
  lastsMs: [0, 0],
  healsInMs: 3_000,
  async strike(stage) {
    const ours = (await queuesOf(stage)).filter((name) => /^catraca\.(tickets|payments)$/.test(name));
    if (ours.length === 0) throw new Error('there was no queue to delete');
    for (const name of ours) await stage.rabbit.control('-q', 'delete_queue', name);
    return { target: ours.join(', '), heal: () => Promise.resolve() };
  },
};

const rabbitMemoryAlarm: Nemesis = {
  kind: 'rabbit-memory-alarm',
  describes: 'RabbitMQ runs out of memory and blocks everybody who publishes',
  part: 'rabbit',
  lastsMs: [2_000, 6_000],
  healsInMs: 4_000,
  async strike(stage) {
    await stage.rabbit.control('-q', 'set_vm_memory_high_watermark', 'absolute', '1MB');
    return {
      target: stage.rabbit.name,
      async heal() {
        await stage.rabbit.control('-q', 'set_vm_memory_high_watermark', 'absolute', '512MB');
      },
    };
  },
};

export const SERVER_NEMESES: readonly Nemesis[] = [
  killed('redis', 'kill -9 of Redis, which forgets everything', [500, 4_000], 4_000),
  paused('redis', 'SIGSTOP of Redis: it accepts and does not answer', [1_000, 4_000]),
  redisFlush,
  killed('rabbit', 'kill -9 of RabbitMQ', [500, 3_000], 20_000),
  paused('rabbit', 'SIGSTOP of RabbitMQ', [1_000, 5_000]),
  rabbitConnectionsClosed,
  rabbitQueueDeleted,
  rabbitMemoryAlarm,
  killed('postgres', 'kill -9 of PostgreSQL and all its backends', [200, 3_000], 8_000),
  paused('postgres', 'SIGSTOP of PostgreSQL and all its backends', [500, 3_000]),
];
