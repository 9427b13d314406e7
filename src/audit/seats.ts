import type { SaleRecords } from '../domain/sale-records.ts';
import { groupBy, judge, seatKey, type Verdict } from './verdict.ts';

/** P1: no seat has two live tickets; a seat is sold exactly when it has one. */
export const oneTicketASeat = ({ seats, tickets }: SaleRecords): Verdict => {
  const live = groupBy(
    tickets.filter((ticket) => !ticket.voided),
    seatKey,
  );
  const known = new Set(seats.map(seatKey));
  const breaches = [
    ...[...live]
      .filter(([, ofSeat]) => ofSeat.length > 1)
      .map(([seat, ofSeat]) => `${seat} has ${ofSeat.length} live tickets`),
    ...[...live.keys()]
      .filter((seat) => !known.has(seat))
      .map((seat) => `a ticket for ${seat}, which does not exist`),
    ...seats.flatMap((seat) => {
      const has = live.has(seatKey(seat));
      if (has === (seat.status === 'sold')) return [];
      return [
        has
          ? `${seatKey(seat)} has a ticket and is ${seat.status}`
          : `${seatKey(seat)} is sold without a ticket`,
      ];
    }),
  ];
  return judge('P1', 'a seat has one live ticket exactly when it is sold', live.size, breaches);
};

/** Conservation: every seat is in one state, none was made or lost. `expected` null: taken as it is. */
export const seatsConserved = ({ seats }: SaleRecords, expected: number | null): Verdict => {
  const doubles = [...groupBy(seats, seatKey)]
    .filter(([, same]) => same.length > 1)
    .map(([seat]) => `${seat} is there twice`);
  const total =
    expected !== null && seats.length !== expected ? [`${seats.length} seats, not ${expected}`] : [];
  const unheld = seats
    .filter((seat) => (seat.status === 'free') !== (seat.holdId === null))
    .map((seat) => `${seatKey(seat)} is ${seat.status} with hold ${seat.holdId ?? 'none'}`);
  return judge('seats', 'free + held + paying + sold = all seats', seats.length, [
    ...doubles,
    ...total,
    ...unheld,
  ]);
};

/** A seat that is held, paying or sold is so by exactly one hold or order that says the same. */
export const seatsAgree = ({ seats, holds, orders }: SaleRecords): Verdict => {
  const holdOf = new Map(holds.map((hold) => [hold.holdId, hold]));
  const orderOfHold = new Map(
    orders.flatMap((order) => order.holdIds.map((holdId) => [holdId, order] as const)),
  );
  const taken = seats.filter((seat) => seat.status !== 'free');
  const breaches = taken.flatMap((seat) => {
    const hold = holdOf.get(seat.holdId ?? '');
    const name = seatKey(seat);
    if (hold === undefined || !hold.seatIds.includes(seat.seatId))
      return [`${name}: its hold does not name it`];
    const order = orderOfHold.get(hold.holdId);
    const agrees =
      seat.status === 'held'
        ? hold.state === 'active'
        : order !== undefined && order.status === (seat.status === 'sold' ? 'confirmed' : 'awaiting_payment');
    return agrees ? [] : [`${name} is ${seat.status}, hold ${hold.state}, order ${order?.status ?? 'none'}`];
  });
  return judge('seats', 'seats, holds and orders say the same', taken.length, breaches);
};

/** How long after its expiry a held seat may still stand as held. */
export const BACK_WITHIN_MS = 10_000;

/** P9: seats come back within expiry + 10 s: at the time of reading, none is held or counted as held for longer. */
export const seatsComeBack = ({ seats, holds, readAtMs }: SaleRecords): Verdict => {
  const limitMs = readAtMs - BACK_WITHIN_MS;
  const late = holds.filter((hold) => hold.state === 'active' && hold.expiresAtMs < limitMs);
  const stuck = seats.filter(
    (seat) => seat.status === 'held' && seat.heldUntilMs !== null && seat.heldUntilMs < limitMs,
  );
  const due = late.length + holds.filter((hold) => hold.state === 'expired').length;
  return judge(
    'P9',
    'seats came back within expiry + 10 s',
    due,
    [
      ...late.map(
        (hold) => `hold ${hold.holdId} is active ${seconds(readAtMs - hold.expiresAtMs)} after its end`,
      ),
      ...stuck.map(
        (seat) => `${seatKey(seat)} is held ${seconds(readAtMs - (seat.heldUntilMs ?? 0))} too long`,
      ),
    ],
    'no hold reached its end',
  );
};

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Per-fan limits hold for what each fan has now: held, being paid for, bought. */
export const fanLimits = ({ event, holds, orders }: SaleRecords): Verdict => {
  const counts = new Map<string, { seats: number; holds: number }>();
  const add = (fanId: string, seats: number, held: number): void => {
    const count = counts.get(fanId) ?? { seats: 0, holds: 0 };
    counts.set(fanId, { seats: count.seats + seats, holds: count.holds + held });
  };
  for (const hold of holds) if (hold.state === 'active') add(hold.fanId, hold.seatIds.length, 1);
  for (const order of orders) {
    if (order.status === 'awaiting_payment' || order.status === 'confirmed')
      add(order.fanId, order.seatIds.length, 0);
  }
  const breaches = [...counts]
    .filter(([, has]) => has.seats > event.seatsPerFan || has.holds > event.holdsPerFan)
    .map(([fanId, has]) => `fan ${fanId} has ${has.seats} seats in ${has.holds} holds`);
  return judge('limits', 'no fan has more than one fan may have', counts.size, breaches);
};
