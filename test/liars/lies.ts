import type { Hold, HoldResult } from '../../src/domain/hold.ts';
import { pickSeats } from '../../src/domain/pick-seats.ts';
import type { Random } from '../../src/domain/ports/environment.ts';
import type { SeatLedger } from '../../src/domain/ports/seat-ledger.ts';
import type { SeatLocks } from '../../src/domain/ports/seat-locks.ts';
import type { HoldCommand } from '../../src/domain/ports/services.ts';
import { refuse } from '../../src/domain/refusal.ts';
import type { HoldProtocol } from '../../src/tickets/hold-protocol.ts';

/** A lock that says yes to everybody, and remembers nothing. */
export const lyingLocks: SeatLocks = {
  acquire: (requests) => Promise.resolve(requests.map(() => ({ kind: 'acquired' }))),
  release: () => Promise.resolve(),
  extend: () => Promise.resolve(),
  holderOf: () => Promise.resolve(null),
  healthy: () => true,
};

const PICKS = 6;

/**
 * Holds without an actor in between: nothing is believed and nobody is turned away from memory, so every request reaches the
 * hold protocol. Who leaves the choice to us gets seats that a plain read saw free, like everybody else at that moment.
 */
export const holdWithoutActors = (parts: {
  readonly protocol: HoldProtocol;
  readonly ledger: SeatLedger;
  readonly random: Random;
  readonly holdTtlMs: number;
}): ((command: HoldCommand) => Promise<HoldResult>) => {
  const { protocol, ledger, random, holdTtlMs } = parts;
  const decide = (command: HoldCommand, seatIds: readonly string[]): Promise<HoldResult> => {
    const { holdId, eventId, sectionId, fanId, passId, fingerprint } = command;
    return protocol.decide(
      { holdId, eventId, sectionId, fanId, passId, fingerprint, seatIds, ttlMs: holdTtlMs },
      'nobody',
    );
  };

  const choose = async ({ eventId, sectionId }: HoldCommand, quantity: number) => {
    const { seats } = await ledger.readSection(eventId, sectionId);
    return pickSeats(seats, quantity, (seat) => seat.status === 'free', random.next())?.map(
      (seat) => seat.seatId,
    );
  };

  return async (command) => {
    if ('seatIds' in command.wish) return decide(command, command.wish.seatIds);
    // A repeat must find its own hold, whatever is free by now.
    const standing: Hold | null = await ledger.findHold(command.holdId);
    if (standing !== null) return decide(command, standing.seatIds);
    for (let picks = 0; picks < PICKS; picks += 1) {
      const seatIds = await choose(command, command.wish.quantity);
      if (seatIds === undefined) return refuse('section_sold_out');
      const result = await decide(command, seatIds);
      if (result.kind === 'held' || result.code !== 'seat_taken') return result;
    }
    return refuse('seat_taken');
  };
};
