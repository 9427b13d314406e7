import { LRUCache } from 'lru-cache';
import { createPermutation, drawKeyOf, fromHex } from '../domain/draw.ts';
import { phaseAt, type SaleEvent } from '../domain/event.ts';
import type { PlaceNumber } from '../domain/ids.ts';
import type { DrawRecord, LaneDraw } from '../domain/ports/draw-book.ts';
import type { WaitingRoomParts } from './parts.ts';

const LOOK_EVERY_MS = 1_000;
/** Whoever polls asks again and again; a look-up costs some dozen hashes, among a handful of entrants some hundred. */
const TURNS_KEPT = 5_000;

/** The draw of one lane as this node sees it: at most a second old until the order is fixed, and fixed from then on. */
export interface LineDraw {
  readonly of: LaneDraw;
  /** As last seen; asks for it the first time. Rejects if it cannot be read. */
  current(): Promise<DrawRecord>;
  latest(): DrawRecord | null;
  /** Reads it now. */
  look(): Promise<DrawRecord>;
  /** To be called with every step: looks again where it may have changed, and seals it when its time has come. */
  keepUp(event: SaleEvent): Promise<DrawRecord>;
  /** Where this position of the lane stands in its order of calling; null: not drawn yet. */
  turnOf(position: number): number | null;
}

const bytesOf = (hex: string): Uint8Array => {
  const bytes = fromHex(hex);
  if (bytes === null) throw new Error('the draw has a hash that is not hexadecimal');
  return bytes;
};

/** The order is fixed: everybody has a turn. */
const isDrawn = (draw: DrawRecord): boolean => draw.secret !== null;

const isBehind = (draw: DrawRecord, known: DrawRecord): boolean =>
  isDrawn(known) || known.entrants > draw.entrants || (known.sealedAtMs !== null && draw.sealedAtMs === null);

export const openLineDraw = (
  first: SaleEvent,
  { draws, hashes, clock }: Pick<WaitingRoomParts, 'draws' | 'hashes' | 'clock'>,
  of: LaneDraw = { drawId: first.eventId, eventId: first.eventId, lane: 0 },
): LineDraw => {
  const { drawId } = of;
  let latest: DrawRecord | null = null;
  let opensAtMs = first.opensAtMs;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let turnOfEntrant: ((index: PlaceNumber) => PlaceNumber) | null = null;
  let turns: LRUCache<PlaceNumber, PlaceNumber> | null = null;
  let opening: Promise<DrawRecord> | null = null;

  const adopt = (draw: DrawRecord): DrawRecord => {
    // Answers overtake each other, and nothing of a draw ever goes back.
    if (latest !== null && isBehind(draw, latest)) return latest;
    latest = draw;
    if (draw.secret !== null && draw.entrants > 0) {
      const [secret, head] = [bytesOf(draw.secret), bytesOf(draw.head)];
      const input = { secret, head, entrants: draw.entrants, beacon: draw.beacon?.value ?? null };
      turnOfEntrant = createPermutation(hashes, drawKeyOf(hashes, input), draw.entrants);
    }
    return draw;
  };

  const open = async (): Promise<DrawRecord> => {
    const draw = adopt(
      await draws.open({ eventId: drawId, opensAtMs, beaconSource: first.draw?.beacon ?? null }),
    );
    // Moved while no node was there to see it.
    return draw.sealedAtMs === null && draw.opensAtMs !== opensAtMs
      ? adopt(await draws.reschedule(drawId, draw.opensAtMs, opensAtMs))
      : draw;
  };

  const current = async (): Promise<DrawRecord> => {
    if (latest !== null) return latest;
    opening ??= open().finally(() => {
      opening = null;
    });
    return opening;
  };

  const look = async (): Promise<DrawRecord> => {
    await current();
    return adopt(await draws.find(drawId));
  };

  return {
    of,
    current,
    look,
    latest: () => latest,
    async keepUp(event) {
      const draw = await current();
      if (isDrawn(draw)) return draw;
      if (event.opensAtMs !== opensAtMs) {
        // From what this node knew before: one that lags behind must not move it back.
        adopt(await draws.reschedule(drawId, opensAtMs, event.opensAtMs));
        ({ opensAtMs } = event);
      }
      const nowMs = clock.nowMs();
      const due = nowMs >= event.opensAtMs || phaseAt(event, nowMs) === 'open';
      // Postgres has the last word on the time; a node whose clock is ahead asks in vain for a while.
      if (draw.sealedAtMs === null && due) {
        return adopt(await draws.seal(drawId, event.phaseSetting === 'open'));
      }
      if (nowMs - lookedAtMs < LOOK_EVERY_MS) return draw;
      lookedAtMs = nowMs;
      return adopt(await draws.find(drawId));
    },
    turnOf(number) {
      if (latest === null || latest.sealedAtMs === null) return null;
      if (number > latest.entrants) return number;
      turns ??= new LRUCache<PlaceNumber, PlaceNumber>({ max: TURNS_KEPT });
      const known = turns.get(number);
      if (known !== undefined || turnOfEntrant === null) return known ?? null;
      const turn = turnOfEntrant(number);
      turns.set(number, turn);
      return turn;
    },
  };
};
