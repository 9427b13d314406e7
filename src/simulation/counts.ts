import { BYPASS_LANE, laneOf } from '../domain/lanes.ts';
import type { OrderEnding } from '../domain/order.ts';
import type { SaleRecords } from '../domain/sale-records.ts';
import type { OrderRow } from './model/rows.ts';
import type { LineStandbyModel } from './model/line-standby.ts';
import type { MemoryOfFans } from './memory-of-fans.ts';

/** What happened in one run. */
export type Counts = Readonly<
  Record<
    | 'fans'
    | 'places'
    | 'admissions'
    | 'holds'
    | 'orders'
    | 'confirmed'
    | 'tickets'
    | 'given back'
    | 'handed over'
    // Places behind the first lane, and those that were given up for one in another.
    | 'in other lanes'
    | 'lane changed'
    // Codes redeemed, and places past the line.
    | 'codes redeemed'
    | 'past the line'
    // How often Postgres began to count the line in place of Redis.
    | 'stood in'
    // Orders whose tickets a person took back.
    | 'taken back'
    // How orders whose money came late have ended.
    | `late ${OrderEnding}`,
    number
  >
>;

interface Counted {
  readonly memory: MemoryOfFans;
  readonly standby: LineStandbyModel;
}

export const countsOf = (
  { memory: { handOvers, movesBetweenLanes }, standby }: Counted,
  records: SaleRecords,
  orders: readonly OrderRow[],
  fans: number,
): Counts => {
  const late = (ending: OrderEnding): number => orders.filter((order) => order.ending === ending).length;
  return {
    fans,
    places: records.places.length,
    admissions: records.admissions.length,
    holds: records.holds.length,
    orders: records.orders.length,
    confirmed: records.orders.filter((order) => order.status === 'confirmed').length,
    tickets: records.tickets.length,
    'given back': records.orders.filter(
      (order) => order.reason === 'cancelled' && order.status === 'refunded',
    ).length,
    'taken back': records.orders.filter((order) => order.reason === 'refunded' && order.status === 'refunded')
      .length,
    'handed over': handOvers,
    'in other lanes': records.places.filter(
      ({ number }) => laneOf(number) > 0 && laneOf(number) < BYPASS_LANE,
    ).length,
    'lane changed': movesBetweenLanes,
    'codes redeemed': records.access.redemptions.length,
    'stood in': standby.stoodIn(),
    'past the line': records.places.filter(({ number }) => laneOf(number) >= BYPASS_LANE).length,
    'late honoured': late('honoured'),
    'late reseated': late('reseated'),
    'late refunded': late('refunded'),
    'late review': late('review'),
  };
};
