import type { Random } from '../domain/ports/environment.ts';
import type { RecordedFan, RecordedSale } from '../domain/recorded-sale.ts';
import { pick } from '../rush/seeded-random.ts';
import type { Visitor } from './crowd.ts';

type Manners = Pick<Visitor, 'seatsWanted' | 'choosingMs' | 'payingMs'>;

const mannersOf = (fan: RecordedFan): Manners | null =>
  fan.admittedAtMs === null || fan.heldAtMs === null
    ? null
    : {
        seatsWanted: Math.max(1, fan.seats),
        choosingMs: Math.max(0, fan.heldAtMs - fan.admittedAtMs),
        payingMs: fan.paidAtMs === null ? null : Math.max(0, fan.paidAtMs - fan.heldAtMs),
      };

/**
 * The crowd of a recorded sale, to be let in at another rate: everybody arrives when they did. Those who had their turn do what
 * they did; the others do what somebody did who had. Whoever was not called in time is taken to be still there.
 */
export const recordedCrowd = (sale: RecordedSale, random: Random): readonly Visitor[] => {
  const known = sale.fans.map(mannersOf).filter((one) => one !== null);
  if (known.length === 0) throw new Error('nobody held a seat in this sale: there is nothing to go by');
  return sale.fans
    .map((fan): Visitor => ({
      arrivesAtMs: Math.max(0, fan.joinedAtMs - sale.openedAtMs),
      patienceMs: Number.POSITIVE_INFINITY,
      reactionMs: 1_000,
      backAfterMs: null,
      isBot: false,
      ...(mannersOf(fan) ?? pick(random, known)),
    }))
    .sort((one, other) => one.arrivesAtMs - other.arrivesAtMs);
};
