import { phaseAt, type Phase } from '../domain/event.ts';
import type { EventId, FanId, PlaceNumber } from '../domain/ids.ts';
import { BYPASS_LANE, calledUpTo, laneOf } from '../domain/lanes.ts';
import { burstOf } from '../domain/line.ts';
import type { AdmissionRecord, RedeemOutcome } from '../domain/ports/line.ts';
import type { PlaceClaim } from '../domain/ports/recovery.ts';
import type { WaitingRoomService } from '../domain/ports/waiting-room.ts';
import { refuse, type Refusal } from '../domain/refusal.ts';
import type { EventLine } from './event-line.ts';
import type { WaitingRoomParts } from './parts.ts';

/** A place that not even other nodes can have called within this time is refused from memory. */
const OTHERS_AHEAD_MS = 3_000;
const RETRY_AFTER_MS = 1_000;
/** An admission whose writing went unanswered may still be written for so long; longer than a statement may take. */
const WRITTEN_WITHIN_MS = 8_000;
/** A line that is loaded again and again, by several nodes after each other, settles within as many. */
const SLOT_TRIES = 4;

type Redeemed = Exclude<Awaited<ReturnType<WaitingRoomService['redeem']>>, Refusal>;

type Slot = Extract<RedeemOutcome, { kind: 'admitted' }>;

interface PlaceTurn {
  readonly number: PlaceNumber;
  readonly claim: number;
  readonly turn: PlaceNumber;
}

/** Why nobody new is let in, whatever the store would say. */
const REFUSED_IN: Readonly<Record<Phase, Refusal | null>> = {
  pending: refuse('not_called', { retryAfterMs: RETRY_AFTER_MS }),
  open: null,
  paused: refuse('admission_paused', { retryAfterMs: RETRY_AFTER_MS }),
  closed: refuse('line_closed'),
};

export interface Redeeming {
  redeem(line: EventLine, place: PlaceClaim): Promise<Redeemed | Refusal>;
  leave(eventId: EventId, fanId: FanId): Promise<void>;
}

/**
 * Store and Postgres are two systems, so the order matters. Redeeming takes the slot in the store first (idempotent by
 * place) and writes the admission second (unique by place); the pass exists only with that row.
 *
 * - Died in between: a slot without a pass. A repeat finds the slot by its place and goes on with the time that is left;
 *   without a repeat the slot ends with its bucket. Never two passes, never a slot lost for ever.
 * - The other order would leave a pass without a slot: more people inside than the operator allows.
 *
 * - The line was lost and loaded again in between: the slot is counted nowhere any more. So it carries the epoch of its line,
 *   and the journal writes nothing for an epoch that is over; the slot is taken again.
 * - The writing took long: the row outlives its slot. So once it is there, the store is told again, and keeps the slot for as
 *   long as the row lasts. The same when it is not known whether it was written, and whenever its fan asks again.
 *
 * - The place was handed over in between: the slot is the place's, and so of the device that has it now, which may be inside with it
 *   already. Giving it back would let one person more in than the operator allows.
 *
 * Leaving is the mirror: the row ends first, the slot goes second. Died in between: the slot ends with its bucket, or
 * earlier with a repeat of the leaving. The other order would free a slot whose pass still opens doors.
 */
export const createRedeeming = (parts: WaitingRoomParts): Redeeming => {
  const { store, journal, handOvers, passes, clock, ids, log, passTtlMs } = parts;

  const answerWith = (admission: AdmissionRecord, created: boolean): Redeemed | Refusal => {
    if (admission.state === 'expired')
      return refuse('pass_expired', { detail: 'Join again for a new place.' });
    if (admission.state === 'left') {
      return refuse('place_invalid', { detail: 'This place was given back. Join again for a new one.' });
    }
    return { created, pass: passes.issuePass(admission), expiresAtMs: admission.expiresAtMs };
  };

  const giveBack = async (eventId: EventId, turn: PlaceNumber): Promise<void> => {
    try {
      await store.leave(eventId, turn);
    } catch (error) {
      log.warn({ eventId, err: error }, 'a slot could not be given back at once; it ends by itself');
    }
  };

  const assure = async (line: EventLine, turn: PlaceNumber, remainingMs: number): Promise<void> => {
    const { eventId } = line.event();
    try {
      await line.ask(() => store.assure(eventId, turn, remainingMs));
    } catch (error) {
      log.warn({ eventId, err: error }, 'it is not sure that a pass is counted until it ends');
    }
  };

  const record = async (line: EventLine, fanId: FanId, place: PlaceTurn, { remainingMs, epoch }: Slot) => {
    const { eventId } = line.event();
    try {
      // What the slot has left, not a full life: a repeat after a crash must not outlive its slot.
      const ttlMs = remainingMs;
      return await journal.recordAdmission({ passId: ids.next(), eventId, fanId, ...place, ttlMs, epoch });
    } catch (error) {
      await assure(line, place.turn, remainingMs + WRITTEN_WITHIN_MS);
      throw error;
    }
  };

  const reload = async (line: EventLine): Promise<void> => {
    try {
      await line.reload();
    } catch (error) {
      log.warn({ eventId: line.event().eventId, err: error }, 'a line could not be loaded again');
    }
  };

  const farFromCalled = (line: EventLine, turn: PlaceNumber): boolean => {
    const frame = line.latest();
    // A line that is counted by nobody tells nothing; another node may know more.
    if (frame === null || (frame.reason === 'degraded' && frame.ratePerMinute === 0)) return false;
    const { ratePerMinute } = line.event().admission;
    return (
      turn >
      calledUpTo(frame, turn) + burstOf(ratePerMinute) + Math.ceil((ratePerMinute * OTHERS_AHEAD_MS) / 60_000)
    );
  };

  const takeSlot = async (line: EventLine, turn: PlaceNumber): Promise<Slot | Refusal> => {
    const { eventId, admission: knobs } = line.event();
    let outcome: RedeemOutcome;
    try {
      outcome = await line.ask(() => store.redeem(eventId, turn, passTtlMs, knobs));
    } catch (error) {
      log.warn({ eventId, err: error }, 'a place could not be redeemed: the line store is away');
      return refuse('unavailable');
    }
    if (outcome.kind === 'paused') return refuse('admission_paused', { retryAfterMs: RETRY_AFTER_MS });
    if (outcome.kind === 'not_called') return refuse('not_called', { retryAfterMs: RETRY_AFTER_MS });
    return outcome;
  };

  /** Nothing was written: the place is another device's, or there is none any more, and then the slot is nobody's. */
  const noPlace = async (eventId: EventId, { number, claim, turn }: PlaceTurn): Promise<Refusal> => {
    const place = await handOvers.findPlace(eventId, number);
    if (place !== null && place.claim > claim) return refuse('place_handed_over');
    await giveBack(eventId, turn);
    return refuse('place_invalid');
  };

  const admit = async (line: EventLine, fanId: FanId, place: PlaceTurn): Promise<Redeemed | Refusal> => {
    const { eventId } = line.event();
    for (let attempt = 1; attempt <= SLOT_TRIES; attempt += 1) {
      const slot = await takeSlot(line, place.turn);
      if (slot.kind === 'refused') return slot;
      const recorded = await record(line, fanId, place, slot);
      if (recorded !== 'superseded') {
        if (recorded === null) return noPlace(eventId, place);
        if (recorded.state === 'live') await assure(line, place.turn, recorded.remainingMs);
        else await giveBack(eventId, place.turn);
        return answerWith(recorded, recorded.created);
      }
      // Usually the loader has set the store by now. One that died before it could must not shut the door for ever.
      if (attempt > 1) await reload(line);
    }
    return refuse('unavailable', { retryAfterMs: RETRY_AFTER_MS });
  };

  return {
    async redeem(line, { fanId, number, claim = 0 }) {
      const { eventId } = line.event();
      if (laneOf(number) < BYPASS_LANE) await line.draws.of(laneOf(number)).current();
      const turn = line.draws.turnOf(number);
      // Not drawn yet: nobody has been called.
      if (turn === null || farFromCalled(line, turn))
        return refuse('not_called', { retryAfterMs: RETRY_AFTER_MS });
      // First, so that a spent place never takes a slot, and a repeat gets its pass also while admission is paused.
      const earlier = await journal.findAdmission(eventId, number);
      if (earlier !== null) {
        if (earlier.claim !== claim) return refuse('place_handed_over');
        if (earlier.state === 'live') await assure(line, turn, earlier.remainingMs);
        return answerWith(earlier, false);
      }
      const closed = REFUSED_IN[phaseAt(line.event(), clock.nowMs())];
      if (closed !== null) return closed;
      return admit(line, fanId, { number, turn, claim });
    },

    async leave(eventId, fanId) {
      const admission = await journal.endAdmission(eventId, fanId);
      if (admission?.state === 'left') await giveBack(eventId, admission.turn);
    },
  };
};
