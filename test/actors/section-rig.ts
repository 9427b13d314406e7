import type { ExecutionContext } from 'ava';
import type { ActorRef } from '../../src/actors/kit/actor.ts';
import type { SectionEffects, SectionMessage } from '../../src/actors/section-messages.ts';
import type { Hold, HoldRequest, HoldResult } from '../../src/domain/hold.ts';
import type { HoldCommand, SeatMap } from '../../src/domain/ports/services.ts';
import type { Refusal } from '../../src/domain/refusal.ts';
import type { SeatRow, SectionLook } from '../../src/domain/seat.ts';
import { CrashLog } from '../../src/actors/kit/set-aside.ts';
import { createRig, turns, type Rig } from './kit/rig.ts';

/** A call of an effect that the test answers when it likes. */
export interface Call<Input, Value> {
  readonly input: Input;
  readonly owner: string;
  readonly answer: (value: Value) => Promise<void>;
  readonly fail: () => Promise<void>;
}

const script = <Input, Value>() => {
  const calls: Call<Input, Value>[] = [];
  const run = (input: Input, owner = ''): Promise<Value> =>
    new Promise((resolve, reject) => {
      calls.push({
        input,
        owner,
        answer: async (value) => {
          resolve(value);
          await turns();
        },
        fail: async () => {
          reject(new Error('no word'));
          await turns();
        },
      });
    });
  return { calls, run };
};

export interface LookAsked {
  readonly sectionId: string;
  /** Null: the whole section. */
  readonly since: number | null;
}

/** Bare rows where it does not matter until which transaction they tell. */
type LookAnswer = readonly SeatRow[] | SectionLook<SeatRow>;

const lookOf = (answer: LookAnswer): SectionLook<SeatRow> =>
  'knownUntil' in answer ? answer : { seats: answer, knownUntil: 1 };

export interface SectionRig extends Rig {
  readonly effects: SectionEffects;
  readonly decisions: Call<HoldRequest, HoldResult>[];
  readonly reads: Call<LookAsked, LookAnswer>[];
}

/** Sections on manual time whose Postgres is the test. */
export const createSectionRig = (t: ExecutionContext): SectionRig => {
  const rig = createRig(t);
  const decide = script<HoldRequest, HoldResult>();
  const looks = script<LookAsked, LookAnswer>();
  return {
    ...rig,
    decisions: decide.calls,
    reads: looks.calls,
    effects: {
      decide: decide.run,
      readSection: async (_eventId, sectionId) => lookOf(await looks.run({ sectionId, since: null })),
      readChanges: async (_eventId, sectionId, since) => lookOf(await looks.run({ sectionId, since })),
      clock: rig.clock,
      crashes: new CrashLog(),
      owner: 'test',
      random: { next: () => 0 },
    },
  };
};

export const seatRows = (
  count: number,
  change: (number: number) => Partial<SeatRow> = () => ({}),
): SeatRow[] =>
  Array.from({ length: count }, (_, index) => ({
    seatId: `A-1-${index + 1}`,
    row: '1',
    number: index + 1,
    status: 'free',
    holdId: null,
    heldUntilMs: null,
    fence: 0,
    revision: 0,
    changedIn: 0,
    ...change(index + 1),
  }));

let commands = 0;

export const command = (wish: HoldCommand['wish'], holdId = `h${(commands += 1)}`): HoldCommand => ({
  holdId,
  eventId: 'e',
  fanId: `fan of ${holdId}`,
  passId: 'p',
  sectionId: 'A',
  wish,
  fingerprint: JSON.stringify(wish),
});

export const granted = ({ holdId, seatIds, ...request }: HoldRequest, change: Partial<Hold> = {}) => ({
  kind: 'held' as const,
  replayed: false,
  hold: {
    holdId,
    eventId: request.eventId,
    sectionId: request.sectionId,
    fanId: request.fanId,
    seatIds,
    fences: seatIds.map(() => 1),
    amountMinor: 1,
    currency: 'BRL',
    expiresAtMs: 9_000_000,
    extended: false,
    state: 'active' as const,
    ...change,
  },
});

const DEADLINE_MS = 600_000;

export const askHold = (ref: ActorRef<SectionMessage>, wanted: HoldCommand) =>
  ref.ask<HoldResult>((port) => ({ type: 'hold', command: wanted, port }), DEADLINE_MS);

export const askMap = (ref: ActorRef<SectionMessage>) =>
  ref.ask<SeatMap | Refusal>((port) => ({ type: 'map', port }), DEADLINE_MS);

/** What an answer says in one word: `held`, `map`, or the code of a refusal or fault. */
export const word = (answer: object): string => {
  if ('code' in answer) return String(answer.code);
  return 'seats' in answer ? 'map' : 'held';
};

/** `pending` while there is no answer. */
export const wordOf = async (answer: Promise<object>): Promise<string> => {
  await turns();
  return Promise.race([answer.then(word), turns(1).then(() => 'pending')]);
};
