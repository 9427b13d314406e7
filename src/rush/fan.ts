import { randomUUID } from 'node:crypto';
import type { Random } from '../domain/ports/environment.ts';
import { askForAdmission } from './admission.ts';
import type { Persona } from './crowd.ts';
import type { PassDocument, SignedIn } from './documents.ts';
import { takeAlong } from './hand-over.ts';
import { join } from './joining.ts';
import { finish } from './paying.ts';
import { seededRandom } from './seeded-random.ts';
import { shop, type Shopper } from './shopping.ts';
import type { FanState, Outcome } from './tally.ts';
import { backOffMs, insist, isPassing, type World } from './world.ts';

/** Where this fan counts on the screen. */
const createWhereabouts = (world: World) => {
  let at: FanState = 'coming';
  return {
    go(to: FanState): void {
      world.tally.moved(at, to);
      at = to;
    },
  };
};

type Whereabouts = ReturnType<typeof createWhereabouts>;

const signIn = async (world: World, random: Random, sinceMs: number): Promise<SignedIn | null> => {
  const ask = { step: 'sign_in', method: 'POST', to: '/v1/fans', key: randomUUID(), sinceMs } as const;
  const { answer } = await insist(world, ask, random);
  return answer.kind === 'ok' ? (answer.body as SignedIn) : null;
};

/** Comes in as soon as the line lets this place in; the frame can be ahead of the node that is asked. */
const redeem = async (
  world: World,
  fan: SignedIn,
  place: string,
  random: Random,
): Promise<PassDocument | Outcome> => {
  for (let tries = 0; ; tries += 1) {
    if (world.stopped()) return 'unfinished';
    if (world.soldOut()) return 'sold_out';
    const answer = await askForAdmission(world, fan, place);
    if (answer.kind === 'ok') {
      world.tally.count('admitted');
      world.memory.admitted(fan.fanId);
      return answer.body as PassDocument;
    }
    const waits =
      answer.kind === 'refused' && (answer.code === 'not_called' || answer.code === 'admission_paused');
    if (!waits && !isPassing(answer)) return 'refused';
    await world.sleep(backOffMs(answer, Math.min(tries, 2), random));
  }
};

const inside = async (shopper: Shopper, where: Whereabouts): Promise<Outcome> => {
  where.go('inside');
  const shopped = await shop(shopper);
  if (shopped.kind === 'stopped') return 'unfinished';
  if (shopped.kind === 'gave_up') return 'gave_up_inside';
  if (shopped.kind !== 'held') return shopped.kind;
  where.go('holding');
  return finish(shopper, shopped.hold, () => where.go('paying'));
};

const live = async (world: World, persona: Persona, where: Whereabouts, dueMs: number): Promise<Outcome> => {
  const random = seededRandom(persona.seed);
  world.tally.count('arrived');
  const guest = await signIn(world, random, dueMs);
  if (guest === null) return world.stopped() ? 'unfinished' : 'refused';
  const first = await join(world, guest, persona.wayIn, random);
  if (first === null) return world.stopped() ? 'unfinished' : 'refused';
  where.go('in_line');
  const place = persona.takesAlong
    ? await takeAlong(world, guest, first, random)
    : { fan: guest, joined: first };
  if (place === null) return world.stopped() ? 'unfinished' : 'refused';
  const { fan, joined } = place;
  const spot = { number: joined.number, lane: joined.lane ?? null };
  const past = world.lanes !== null && spot.lane === null;
  const called = past ? 'called' : await world.board.waitFor(spot, persona.linePatienceMs, persona.streams);
  if (called === 'patience_ended') return 'gave_up_in_line';
  if (called !== 'called') return called === 'sold_out' ? 'sold_out' : 'unfinished';
  where.go('called');
  if (persona.lateMs === Number.POSITIVE_INFINITY) return 'never_came';
  if (persona.lateMs > 0) await world.sleep(persona.lateMs);
  const admitted = await redeem(world, fan, joined.place, random);
  if (typeof admitted === 'string') return admitted;
  const { fanId, token } = fan;
  const outcome = await inside({ world, persona, random, fanId, token, pass: admitted.pass }, where);
  if (outcome !== 'vanished') {
    const to = `/v1/events/${world.eventId}/admission`;
    await world.client.ask({ step: 'leave', method: 'DELETE', to, token });
  }
  return outcome;
};

/** One fan's evening, from the arrival at `dueMs` (by `performance.now()`) to its end. Never rejects. */
export const runFan = async (world: World, persona: Persona, dueMs: number): Promise<Outcome> => {
  const where = createWhereabouts(world);
  let outcome: Outcome;
  try {
    outcome = await live(world, persona, where, dueMs);
  } catch (error) {
    // A document of another shape than expected: the fan is stuck, and the run must say why.
    world.memory.compared(`fan ${persona.index} could not read an answer: ${String(error)}`);
    outcome = 'unfinished';
  }
  where.go('gone');
  world.tally.ended(outcome);
  return outcome;
};
