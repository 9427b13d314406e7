import type { SaleRecords } from '../domain/sale-records.ts';
import type { ClientHistory } from './history.ts';
import { groupBy, judge, notChecked, seatKey, type Verdict } from './verdict.ts';

const NO_HISTORY = 'no history of what fans were told';

/** P15: a request repeated under one key (double click, repeat after a timeout) had one effect. */
export const repeatsHadOneEffect = (records: SaleRecords, history: ClientHistory | null): Verdict => {
  const what = 'a request repeated under its key had one effect';
  if (history === null) return notChecked('P15', what, NO_HISTORY);
  const known = new Set([
    ...records.holds.map((hold) => hold.holdId),
    ...records.orders.map((order) => order.orderId),
  ]);
  const breaches = history.repeats.flatMap((repeat) => {
    const ids = [...new Set(repeat.ids)];
    if (ids.length > 1)
      return [`fan ${repeat.fanId} got ${ids.length} ${repeat.what}s with one key: ${ids.join(', ')}`];
    return ids
      .filter((id) => !known.has(id))
      .map((id) => `${repeat.what} ${id} of a repeated request is gone`);
  });
  return judge('P15', what, history.repeats.length, breaches);
};

/** P16: no 2xx vanishes: everything that was told stands in the database. */
export const answersStand = (records: SaleRecords, history: ClientHistory | null): Verdict => {
  const what = 'no 2xx vanished: holds, orders, tickets and admissions told are there';
  if (history === null) return notChecked('P16', what, NO_HISTORY);
  const holds = new Map(records.holds.map((hold) => [hold.holdId, hold]));
  const orders = new Map(records.orders.map((order) => [order.orderId, order]));
  const tickets = new Map(records.tickets.map((ticket) => [ticket.ticketId, ticket]));
  const admitted = new Set(records.admissions.map((one) => one.fanId));
  const placed = history.orderAnswers.filter((answer) => answer.orderId !== null);
  const breaches = [
    ...history.admitted
      .filter((fanId) => !admitted.has(fanId))
      .map((fanId) => `the admission of fan ${fanId} is gone`),
    ...history.holdsTold.flatMap((told) => {
      const hold = holds.get(told.holdId);
      const same =
        hold?.fanId === told.fanId && [...hold.seatIds].sort().join() === [...told.seatIds].sort().join();
      return same ? [] : [`hold ${told.holdId} of fan ${told.fanId} is not as told`];
    }),
    ...placed.flatMap((answer) =>
      orders.get(answer.orderId ?? '')?.fanId === answer.fanId
        ? []
        : [`order ${answer.orderId ?? ''} is gone`],
    ),
    ...history.salesTold.flatMap((sale) => {
      const status = orders.get(sale.orderId)?.status;
      const confirmed = status === 'confirmed' || status === 'refunded';
      return [
        ...(confirmed ? [] : [`order ${sale.orderId} was told confirmed and is ${status ?? 'gone'}`]),
        ...sale.tickets
          .filter(({ ticketId, seatId }) => {
            const ticket = tickets.get(ticketId);
            return (
              ticket?.seatId !== seatId || ticket.orderId !== sale.orderId || ticket.fanId !== sale.fanId
            );
          })
          .map(({ ticketId }) => `ticket ${ticketId} is not as told`),
      ];
    }),
  ];
  const { admitted: passes, holdsTold, salesTold } = history;
  return judge('P16', what, passes.length + holdsTold.length + placed.length + salesTold.length, breaches);
};

/**
 * P16: no 4xx took effect. Whoever has more holds or orders than were told or left open by an unknown outcome got one
 * through a refusal. Only where all fans of the event are ours; `history` null or another crowd: not checked.
 */
export const refusalsDidNothing = (
  records: SaleRecords,
  history: ClientHistory | null,
  alone: boolean,
): Verdict => {
  const what = 'no refusal took effect: every hold and order was told or its outcome unknown';
  if (history === null) return notChecked('P16', what, NO_HISTORY);
  if (!alone) return notChecked('P16', what, 'other fans may have been at the event');
  const open = groupBy(history.unknown, (one) => `${one.what} ${one.fanId}`);
  const untold = (
    kind: 'hold' | 'order',
    rows: readonly { id: string; fanId: string }[],
    told: ReadonlySet<string>,
  ) =>
    [
      ...groupBy(
        rows.filter((row) => !told.has(row.id)),
        (row) => row.fanId,
      ),
    ]
      .filter(([fanId, extra]) => extra.length > (open.get(`${kind} ${fanId}`)?.length ?? 0))
      .map(
        ([fanId, extra]) =>
          `fan ${fanId} has ${kind}s nobody told them of: ${extra.map((row) => row.id).join(', ')}`,
      );
  // Late money takes its seats anew under a hold of its own; what its fan is told is the order.
  const holds = records.holds
    .filter((hold) => hold.late !== true)
    .map(({ holdId, fanId }) => ({ id: holdId, fanId }));
  const orders = records.orders.map(({ orderId, fanId }) => ({ id: orderId, fanId }));
  const breaches = [
    ...untold('hold', holds, new Set(history.holdsTold.map((hold) => hold.holdId))),
    ...untold('order', orders, new Set(history.orderAnswers.map((answer) => answer.orderId ?? ''))),
  ];
  return judge('P16', what, holds.length + orders.length, breaches);
};

/** P16: what was answered fits what was asked: the seats asked for, tickets for the seats held, a code each. */
export const answersFit = (history: ClientHistory | null): Verdict => {
  const what = 'answers fit: the seats asked for, a ticket with its own code for each';
  if (history === null) return notChecked('P16', what, NO_HISTORY);
  return judge('P16', what, history.answersCompared, history.untruths);
};

/** P1 by what fans saw: no seat was told as sold to two fans, but for those that the first may have given back. */
export const noSeatToldTwice = (records: SaleRecords, history: ClientHistory | null): Verdict => {
  const what = 'no two fans were told that a seat is theirs for good';
  if (history === null) return notChecked('P1', what, NO_HISTORY);
  const sectionOf = new Map(records.tickets.map((ticket) => [ticket.ticketId, ticket.sectionId]));
  const back = new Set(
    history.requests.flatMap((request) =>
      request.what === 'give_back' && request.outcome.kind !== 'refused' ? [request.orderId] : [],
    ),
  );
  const kept = history.salesTold.filter((sale) => !back.has(sale.orderId));
  const told = kept.flatMap((sale) =>
    sale.tickets.map(({ ticketId, seatId }) => ({
      sectionId: sectionOf.get(ticketId) ?? '?',
      seatId,
      orderId: sale.orderId,
    })),
  );
  const breaches = [...groupBy(told, seatKey)]
    .filter(([, sales]) => new Set(sales.map((sale) => sale.orderId)).size > 1)
    .map(([seat, sales]) => `${seat} was told sold in ${sales.map((sale) => sale.orderId).join(' and ')}`);
  return judge('P1', what, told.length, breaches);
};
