import type { OrderId } from '../../domain/ids.ts';
import type { ClientHistory, HoldTold, SaleTold, SeatRequest } from '../history.ts';
import { CLOCK_MARGIN_MS } from '../holds.ts';
import { groupBy, seatKey } from '../verdict.ts';
import type { SeatOperation, SeatOutcome } from './operation.ts';

/**
 * A refusal may be true of the past: a node that died with a lock in its hand, or could not give it back, leaves it behind for
 * so long after the hold, and what a section believes is seconds old at most.
 */
const REFUSAL_LAG_MS = 30_000;

type HoldAsked = Extract<SeatRequest, { what: 'hold' }>;
type HoldUsed = Extract<SeatRequest, { what: 'order' | 'release' }>;
type GivenBack = Extract<SeatRequest, { what: 'give_back' }>;

const isHold = (request: SeatRequest): request is HoldAsked => request.what === 'hold';
const isUse = (request: SeatRequest): request is HoldUsed =>
  request.what === 'order' || request.what === 'release';
const isGivenBack = (request: SeatRequest): request is GivenBack => request.what === 'give_back';
const isRefused = (request: SeatRequest): boolean => request.outcome.kind === 'refused';
/** It had a hand on its seats before its time: a try that came to nothing may have left its lock to run out. */
const triedBefore = ({ outcome }: SeatRequest): boolean =>
  outcome.kind === 'ok' && outcome.triedBefore === true;

const outcomeOf = ({ outcome }: SeatRequest): SeatOutcome => {
  if (outcome.kind === 'ok') return { kind: 'ok' };
  return outcome.kind === 'refused' ? { kind: 'refused', code: outcome.code } : { kind: 'unknown' };
};

const operation = (
  request: SeatRequest,
  seat: string,
  holdId: string,
  change: Partial<SeatOperation> = {},
): SeatOperation => ({
  process: `fan ${request.fanId}`,
  kind: request.what,
  seatKey: seat,
  holdId,
  fanId: request.fanId,
  invokedAtMs: request.invokedAtMs,
  completedAtMs: request.answeredAtMs,
  outcome: outcomeOf(request),
  ...change,
});

const keysOf = ({ sectionId }: { readonly sectionId: string }, seatIds: readonly string[]) =>
  seatIds.map((seatId) => seatKey({ sectionId, seatId }));

/** Whether `asked` may have laid a hand on the seat on its way to another answer than these seats. */
const reachesFor = (asked: HoldAsked, sectionId: string, seatId: string): boolean =>
  asked.sectionId === sectionId && (asked.seatIds === null || asked.seatIds.includes(seatId));

const endOf = ({ answeredAtMs }: SeatRequest): number => answeredAtMs ?? Number.POSITIVE_INFINITY;

/**
 * Whether `other` was refused that very seat, and no later than `refused` was: then it says as much as that one, and nothing more.
 * Refused later, it had a hand on the seat until then, and may have lost it to a third: its own refusal is judged in its turn.
 */
const saysTheSame = (other: HoldAsked, refused: HoldAsked, seatId: string): boolean =>
  other.outcome.kind === 'refused' &&
  other.outcome.seatIds.includes(seatId) &&
  endOf(other) <= endOf(refused);

/**
 * Refusals as operations. Who asks for seats has a hand on each until all are decided, also when nothing comes of it: a refusal
 * that such a request explains is left out.
 */
const refusalsOf = (holds: readonly HoldAsked[]): readonly SeatOperation[] => {
  const bySection = groupBy(holds, (one) => one.sectionId);
  return holds.flatMap((refused, index) => {
    const { outcome, sectionId } = refused;
    if (outcome.kind !== 'refused' || outcome.code !== 'seat_taken') return [];
    const fromMs = refused.invokedAtMs - REFUSAL_LAG_MS;
    const near = (bySection.get(sectionId) ?? []).filter(
      (other) =>
        (other.seatIds === null
          ? other.outcome.kind !== 'unknown'
          : isRefused(other) || triedBefore(other)) &&
        other.invokedAtMs <= endOf(refused) &&
        endOf(other) >= fromMs,
    );
    return outcome.seatIds
      .filter(
        (seatId) =>
          !near.some(
            (other) =>
              other !== refused &&
              reachesFor(other, sectionId, seatId) &&
              !saysTheSame(other, refused, seatId),
          ),
      )
      .map((seatId) =>
        operation(refused, seatKey({ sectionId, seatId }), `refused-${index}`, { invokedAtMs: fromMs }),
      );
  });
};

const grantsOf = (
  holds: readonly HoldAsked[],
  told: ReadonlyMap<string, HoldTold>,
): readonly SeatOperation[] =>
  holds.flatMap((asked) => {
    const hold = asked.outcome.kind === 'ok' ? told.get(asked.outcome.id) : undefined;
    if (hold === undefined) return [];
    // The hold ends by the server's clock.
    const outcome = { kind: 'ok', expiresAtMs: hold.expiresAtMs - CLOCK_MARGIN_MS } as const;
    return keysOf(hold, hold.seatIds).map((seat) => operation(asked, seat, hold.holdId, { outcome }));
  });

/** Holds that may exist: on the seats asked for; where the server was to choose, on any that somebody was refused. */
const maybesOf = (
  holds: readonly HoldAsked[],
  refusals: readonly SeatOperation[],
): readonly SeatOperation[] => {
  const refusedSeats = [...new Set(refusals.map((refusal) => refusal.seatKey))];
  return holds.flatMap((asked, index) => {
    if (asked.outcome.kind !== 'unknown') return [];
    const seats =
      asked.seatIds === null
        ? refusedSeats.filter((seat) => seat.startsWith(`${asked.sectionId}/`))
        : keysOf(asked, asked.seatIds);
    return seats.map((seat) => operation(asked, seat, `unknown-${index}`));
  });
};

const usesOf = (
  requests: readonly HoldUsed[],
  told: ReadonlyMap<string, HoldTold>,
): readonly SeatOperation[] =>
  requests.flatMap((request) =>
    request.holdIds.flatMap((holdId) => {
      // One refusal speaks of all holds of an order; it says of which only when there is one.
      if (isRefused(request) && request.holdIds.length > 1) return [];
      const hold = told.get(holdId);
      return hold === undefined
        ? []
        : keysOf(hold, hold.seatIds).map((seat) => operation(request, seat, holdId));
    }),
  );

/** What was told as sold was sold at some time after it was ordered: the sales of each order, a seat each. */
const salesOf = (
  { salesTold }: ClientHistory,
  orders: readonly HoldUsed[],
  told: ReadonlyMap<string, HoldTold>,
): ReadonlyMap<OrderId, readonly SeatOperation[]> => {
  const placed = new Map(orders.map((order) => [order.outcome.kind === 'ok' ? order.outcome.id : '', order]));
  const sell = { kind: 'sell', completedAtMs: null } as const;
  const salesOfOrder = (order: HoldUsed, sale: SaleTold): readonly SeatOperation[] => {
    if (sale.late !== true) return usesOf([order], told).map((ordered) => ({ ...ordered, ...sell }));
    // Late money may have bought other seats of the same section.
    const hold = told.get(order.holdIds[0] ?? '');
    if (hold === undefined || order.holdIds.length > 1) return [];
    const seats = keysOf(
      hold,
      sale.tickets.map((ticket) => ticket.seatId),
    );
    return seats.map((seat) => operation(order, seat, hold.holdId, { ...sell, late: true }));
  };
  return new Map(
    salesTold.flatMap((sale) => {
      const order = placed.get(sale.orderId);
      return order === undefined ? [] : [[sale.orderId, salesOfOrder(order, sale)] as const];
    }),
  );
};

/** Who gives an order back had been told that it is sold. */
const givenBackOf = (
  requests: readonly GivenBack[],
  sales: ReadonlyMap<OrderId, readonly SeatOperation[]>,
): readonly SeatOperation[] =>
  requests.flatMap((request) =>
    (sales.get(request.orderId) ?? []).map((sold) => operation(request, sold.seatKey, sold.holdId)),
  );

/**
 * What fans asked and were told, as operations of each seat's register by `section/seat`. `alone` false: other people may
 * have had a refused seat, so refusals prove nothing and are left out.
 */
export const operationsOf = (
  history: ClientHistory,
  alone: boolean,
): ReadonlyMap<string, readonly SeatOperation[]> => {
  const told = new Map(history.holdsTold.map((hold) => [hold.holdId, hold]));
  const holds = history.requests.filter(isHold);
  const uses = history.requests.filter(isUse);
  const refusals = alone ? refusalsOf(holds) : [];
  const orders = uses.filter((request) => request.what === 'order');
  const sales = salesOf(history, orders, told);
  const operations = [
    ...grantsOf(holds, told),
    ...refusals,
    ...maybesOf(holds, refusals),
    ...usesOf(uses, told),
    ...[...sales.values()].flat(),
    ...givenBackOf(history.requests.filter(isGivenBack), sales),
  ];
  return groupBy(operations, (one) => one.seatKey);
};
