import type { EventDefinition } from '../domain/event.ts';
import type { EventId, FanId } from '../domain/ids.ts';
import { isRefusal, type Refusal } from '../domain/refusal.ts';
import type { Chance } from './chance.ts';
import type { Codes } from './codes.ts';
import type { Asked, Fleet } from './fleet.ts';
import type { GatewaySite } from './gateway-site.ts';
import type { MemoryOfFans } from './memory-of-fans.ts';
import type { Node } from './node.ts';
import type { World } from './world.ts';

/** What a fan lives in. */
export interface Surroundings {
  readonly world: World;
  readonly fleet: Fleet;
  readonly site: GatewaySite;
  readonly memory: MemoryOfFans;
  readonly codes: Codes;
  readonly chance: Chance;
  readonly eventId: EventId;
  readonly show: EventDefinition;
  /** Nobody begins anything new any more. */
  isClosing(): boolean;
}

export interface Person extends Surroundings {
  readonly name: string;
  readonly fanId: FanId;
}

export const waits = (person: Person, fromMs: number, toMs: number): Promise<void> =>
  new Promise((resolve) => {
    person.world.plan(person.name, person.chance.between(fromMs, toMs), 'timer', resolve);
  });

export const asks = <T>(
  person: Person,
  what: string,
  use: (node: Node) => Promise<T | Refusal>,
): Promise<Asked<T | Refusal>> =>
  person.fleet.ask(person.name, what, use).then((asked) => {
    if (asked.kind === 'answer' && isRefusal(asked.value)) person.memory.refused(asked.value.code);
    return asked;
  });

const TRIES = 12;

/** Asks until there is an answer that counts, with pauses; null: given up. A fan may press twice although all is well. */
export const insists = async <T>(
  person: Person,
  what: string,
  use: (node: Node) => Promise<T | Refusal>,
  isFinal: (answer: T | Refusal) => boolean,
): Promise<T | Refusal | null> => {
  for (let attempt = 0; attempt < TRIES && !person.isClosing(); attempt += 1) {
    const asked = await asks(person, what, use);
    if (asked.kind === 'answer' && isFinal(asked.value)) return asked.value;
    await waits(person, 200, 2_000);
  }
  return null;
};
