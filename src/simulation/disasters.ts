import type { Chance } from './chance.ts';
import type { Faults, ServerName } from './faults.ts';
import type { Fleet } from './fleet.ts';
import type { Broker } from './model/broker.ts';
import type { PostgresModel } from './model/postgres.ts';
import type { RedisModel } from './model/redis.ts';
import { CONFIG } from './settings.ts';
import { OUTSIDE, type World } from './world.ts';

export interface DisasterParts {
  readonly world: World;
  readonly faults: Faults;
  readonly chance: Chance;
  readonly fleet: Fleet;
  readonly redis: RedisModel;
  readonly broker: Broker;
  readonly postgres: PostgresModel;
}

/** Longer than the longest TTL of the sale. */
const PAST_EVERY_TTL_MS = Math.max(CONFIG.HOLD_TTL_MS, CONFIG.PAY_WITHIN_MS) + 3_000;

/** Without a stall hardly a message would be in it: they are delivered within milliseconds. */
const STALLED_MS = 5_000;
/** A cancelled consumer looks at once; a look that fails is repeated. */
const FOUND_MISSING_MS = 3_000;

const disastersOf = ({ world, faults, chance, fleet, redis, broker, postgres }: DisasterParts) => {
  const away = (server: ServerName) => (): void =>
    faults.setAway(server, world.nowMs + chance.between(300, 7_000));
  const someNode = (act: (node: ReturnType<Fleet['up']>[number]) => void) => (): void => {
    const nodes = fleet.up();
    if (nodes.length > 0) act(chance.pick(nodes));
  };
  return {
    'actor crashes': someNode((node) => {
      const actors = node.sale.actors.tree().filter((actor) => actor.state === 'running');
      if (actors.length === 0) return;
      const { path } = chance.pick(actors);
      // In a turn of its own node: what the crash plans belongs to it.
      world.plan(node.name, 0, `actor ${path} is killed`, () => void node.sale.actors.kill(path));
    }),
    'node crashes': someNode((node) => fleet.crash(node, 'crash')),
    'node pauses past every TTL': someNode((node) =>
      world.pause(node.name, chance.between(CONFIG.HOLD_TTL_MS, PAST_EVERY_TTL_MS)),
    ),
    'node pauses': someNode((node) => world.pause(node.name, chance.between(200, 4_000))),
    'clock jumps ahead': someNode((node) => world.setClock(node.name, chance.between(500, 20_000))),
    'clock is set back': someNode((node) => world.setClock(node.name, -chance.between(500, 20_000))),
    'node cut off from redis': someNode((node) =>
      faults.cutOff(node.name, 'redis', world.nowMs + chance.between(300, 12_000)),
    ),
    'node cut off from postgres': someNode((node) =>
      faults.cutOff(node.name, 'postgres', world.nowMs + chance.between(300, 12_000)),
    ),
    'redis flushed': () => redis.flush(),
    'redis away': away('redis'),
    'broker away': away('broker'),
    'gateway away': away('gateway'),
    'postgres away': away('postgres'),
    'queue deleted'() {
      const queue = chance.pick(['tickets', 'payments'] as const);
      broker.stall(queue);
      world.plan(OUTSIDE, chance.between(0, STALLED_MS), `queue ${queue} is deleted`, () => {
        broker.lose(queue);
        // Whoever finds it missing notes that first, and declares it then.
        world.plan(OUTSIDE, chance.between(0, FOUND_MISSING_MS), `queue ${queue} is declared anew`, () => {
          postgres.noteLostQueue(queue);
          broker.declare(queue);
        });
      });
    },
  };
};

/** Now and then something large goes wrong, until the weather says that nothing does any more. */
export const startDisasters = (parts: DisasterParts): void => {
  const { world, faults, chance } = parts;
  const disasters = disastersOf(parts);
  const names = Object.keys(disasters) as (keyof typeof disasters)[];
  // A few kinds a seed: all of them at once hide each other.
  const kinds = names.filter(() => chance.happens(0.4));
  const arm = (): void => {
    const { disasterEveryMs } = faults.weather;
    if (disasterEveryMs === null || kinds.length === 0) return;
    world.plan(OUTSIDE, chance.between(0, 2 * disasterEveryMs), 'timer', () => {
      if (faults.weather.disasterEveryMs === null) return;
      const kind = chance.pick(kinds);
      faults.count(kind);
      world.note(kind);
      disasters[kind]();
      arm();
    });
  };
  arm();
};
