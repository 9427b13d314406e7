import type { Nemesis, Stage } from '../nemesis.ts';
import type { TcpProxy } from '../tcp-proxy.ts';

type Part = 'redis' | 'rabbit' | 'postgres';

const NAMES: Readonly<Record<Part, string>> = { redis: 'Redis', rabbit: 'RabbitMQ', postgres: 'PostgreSQL' };

/** Connections are made anew, with back-off. */
const REST_MS = 3_000;

const inUse = (stage: Stage, part: Part): TcpProxy => {
  const proxy = stage.proxies[part];
  if (proxy.connections === 0) throw new Error(`nobody is connected to ${NAMES[part]}`);
  return proxy;
};

const cut = (part: Part): Nemesis => ({
  kind: `${part}-cut`,
  describes: `every TCP connection to ${NAMES[part]} is reset`,
  part,
  lastsMs: [0, 0],
  healsInMs: REST_MS,
  async strike(stage) {
    const cutNow = inUse(stage, part).cutAll();
    return Promise.resolve({ target: `${cutNow} connections`, heal: () => Promise.resolve() });
  },
});

const weather = (
  part: Part,
  kind: string,
  describes: string,
  lastsMs: readonly [number, number],
  set: (proxy: TcpProxy, stage: Stage) => string,
): Nemesis => ({
  kind: `${part}-${kind}`,
  describes,
  part,
  lastsMs,
  healsInMs: REST_MS,
  strike(stage) {
    const proxy = inUse(stage, part);
    const target = set(proxy, stage);
    return Promise.resolve({
      target,
      heal() {
        proxy.heal();
        return Promise.resolve();
      },
    });
  },
});

const halfOpen = (part: Part): Nemesis =>
  weather(
    part,
    'half-open',
    `connections to ${NAMES[part]} stay open and no byte passes`,
    [1_000, 6_000],
    (proxy) => {
      proxy.hold();
      return `${proxy.connections} connections`;
    },
  );

const delayed = (part: Part): Nemesis =>
  weather(
    part,
    'delayed',
    `each packet to and from ${NAMES[part]} takes 20 to 120 ms longer`,
    [2_000, 6_000],
    (proxy, stage) => {
      const ms = Math.round(20 + stage.random.next() * 100);
      proxy.delay(ms);
      return `${ms} ms`;
    },
  );

const refused = (part: Part): Nemesis =>
  weather(
    part,
    'unreachable',
    `${NAMES[part]} cannot be reached: old connections are cut, new ones refused`,
    [1_000, 5_000],
    (proxy) => {
      proxy.refuse();
      return 'all connections';
    },
  );

export const NETWORK_NEMESES: readonly Nemesis[] = (['redis', 'rabbit', 'postgres'] as const).flatMap(
  (part) => [cut(part), halfOpen(part), delayed(part), refused(part)],
);
