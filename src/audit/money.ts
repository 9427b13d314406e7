import type { Intent } from '../domain/ports/payment-gateway.ts';
import type { OrderRecord, SaleRecords } from '../domain/sale-records.ts';
import { groupBy, judge, notChecked, type Verdict } from './verdict.ts';

/** What stands at the gateway for one order, in minor units. */
const keptMinor = (intents: readonly Intent[]): number =>
  intents.reduce((sum, intent) => sum + intent.capturedMinor - intent.refundedMinor, 0);

const hasItsTickets = (
  order: OrderRecord,
  liveOfOrder: ReadonlyMap<string, { seatId: string }[]>,
): boolean => {
  const seats = (liveOfOrder.get(order.orderId) ?? []).map((ticket) => ticket.seatId).sort();
  return JSON.stringify(seats) === JSON.stringify([...order.seatIds].sort());
};

const byOrder = (intents: readonly Intent[]): Map<string, Intent[]> =>
  groupBy(intents, (intent) => intent.orderId ?? '');

/** P2: every captured payment has its tickets or its refund, and not both; an order is confirmed with all of its tickets. */
export const paymentsHaveTickets = (records: SaleRecords, intents: readonly Intent[] | null): Verdict => {
  const what = 'every captured payment has its tickets or its refund';
  if (intents === null) return notChecked('P2', what, 'the gateway’s ledger was not read');
  const orders = new Map(records.orders.map((order) => [order.orderId, order]));
  const live = groupBy(
    records.tickets.filter((ticket) => !ticket.voided),
    (ticket) => ticket.orderId,
  );
  const captured = intents.filter((intent) => intent.capturedMinor > 0);
  const returned = [...byOrder(captured)]
    .filter(([orderId, ofOrder]) => orders.get(orderId)?.status === 'confirmed' && keptMinor(ofOrder) === 0)
    .map(([orderId]) => `order ${orderId} is confirmed, and all of its money went back`);
  const breaches = [
    ...returned,
    ...captured.flatMap((intent) => {
      if (intent.refundedMinor >= intent.capturedMinor) return [];
      const order = orders.get(intent.orderId ?? '');
      if (order === undefined) return [`intent ${intent.intentId} took money for no order`];
      if (order.status !== 'confirmed') {
        return [`intent ${intent.intentId} took money and order ${order.orderId} is ${order.status}`];
      }
      return hasItsTickets(order, live) ? [] : [`order ${order.orderId} is paid and lacks its tickets`];
    }),
    ...records.orders
      .filter((order) => (order.status === 'confirmed') !== live.has(order.orderId))
      .map(
        (order) =>
          `order ${order.orderId} is ${order.status} with ${live.get(order.orderId)?.length ?? 0} tickets`,
      ),
    ...records.orders
      .filter(
        (order) => order.status === 'confirmed' && live.has(order.orderId) && !hasItsTickets(order, live),
      )
      .map((order) => `order ${order.orderId} is confirmed and its tickets are for other seats`),
  ];
  return judge('P2', what, captured.length, [...new Set(breaches)]);
};

/** P3: no paid order is lost: where money is reserved or taken, the order has come to its end, and the money with it. */
export const paidOrdersSettled = (records: SaleRecords, intents: readonly Intent[] | null): Verdict => {
  const what = 'no paid order is lost: each is confirmed and captured, or returned';
  if (intents === null) return notChecked('P3', what, 'the gateway’s ledger was not read');
  const orders = new Map(records.orders.map((order) => [order.orderId, order]));
  const paid = intents.filter((intent) => intent.status === 'authorised' || intent.status === 'captured');
  const breaches = paid.flatMap((intent) => {
    const order = orders.get(intent.orderId ?? '');
    if (order === undefined) return [`intent ${intent.intentId} is ${intent.status} for no order`];
    if (order.status === 'awaiting_payment') {
      return [`order ${order.orderId} awaits payment and its intent is ${intent.status}`];
    }
    if (intent.status === 'authorised') {
      return [`order ${order.orderId} is ${order.status} and its money is still only reserved`];
    }
    return [];
  });
  return judge('P3', what, paid.length, breaches);
};

/** P4: one captured payment an order, of exactly its amount and currency. */
export const chargedOnce = (records: SaleRecords, intents: readonly Intent[] | null): Verdict => {
  const what = 'nobody is charged twice, or another amount';
  if (intents === null) return notChecked('P4', what, 'the gateway’s ledger was not read');
  const orders = new Map(records.orders.map((order) => [order.orderId, order]));
  const captured = byOrder(intents.filter((intent) => intent.capturedMinor > 0));
  const breaches = [...captured].flatMap(([orderId, ofOrder]) => {
    const order = orders.get(orderId);
    if (ofOrder.length > 1) return [`order ${orderId} was charged ${ofOrder.length} times`];
    const [intent] = ofOrder;
    if (order === undefined || intent === undefined) return [];
    // Another sum than was asked for is the gateway's doing; once all of it went back, nobody is charged.
    const right =
      intent.refundedMinor >= intent.capturedMinor ||
      (intent.capturedMinor === order.amountMinor &&
        intent.currency.toUpperCase() === order.currency.toUpperCase());
    return right
      ? []
      : [
          `order ${orderId} is for ${order.amountMinor} ${order.currency}, charged ${intent.capturedMinor} ${intent.currency}`,
        ];
  });
  const unpaid = records.orders
    .filter((order) => order.status === 'confirmed' && order.amountMinor > 0 && !captured.has(order.orderId))
    .map((order) => `order ${order.orderId} is confirmed and nothing was taken for it`);
  return judge('P4', what, captured.size, [...breaches, ...unpaid]);
};

/** The balance: what the gateway keeps is what the confirmed orders cost. */
export const moneyBalances = (records: SaleRecords, intents: readonly Intent[] | null): Verdict => {
  const what = 'captured − refunded = the price of what was sold';
  if (intents === null) return notChecked('money', what, 'the gateway’s ledger was not read');
  const kept = keptMinor(intents);
  const confirmed = records.orders.filter((order) => order.status === 'confirmed');
  const sold = confirmed.reduce((sum, order) => sum + order.amountMinor, 0);
  return judge(
    'money',
    what,
    confirmed.length,
    kept === sold ? [] : [`the gateway keeps ${kept}, sold was ${sold}`],
  );
};

/** Our attempts and the gateway's intents say the same, both ways. */
export const ledgersAgree = (records: SaleRecords, intents: readonly Intent[] | null): Verdict => {
  const what = 'our payment attempts and the gateway’s ledger agree';
  if (intents === null) return notChecked('money', what, 'the gateway’s ledger was not read');
  const attempts = new Map(records.attempts.map((attempt) => [attempt.attemptId, attempt]));
  const ids = new Set(intents.map((intent) => intent.intentId));
  const breaches = [
    ...intents.flatMap((intent) => {
      const attempt = attempts.get(intent.attemptId ?? '');
      if (attempt === undefined) return [`intent ${intent.intentId} belongs to no attempt of ours`];
      if (attempt.intentId !== null && attempt.intentId !== intent.intentId) {
        return [`attempt ${attempt.attemptId} has a second intent, ${intent.intentId}`];
      }
      const kept = intent.capturedMinor > intent.refundedMinor;
      if (kept === (attempt.status === 'captured' || attempt.status === 'kept')) return [];
      return [`attempt ${attempt.attemptId} is ${attempt.status}, its intent ${intent.status}`];
    }),
    ...records.attempts
      .filter((attempt) => attempt.intentId !== null && !ids.has(attempt.intentId))
      .map(
        (attempt) => `attempt ${attempt.attemptId} names ${attempt.intentId ?? ''}, unknown to the gateway`,
      ),
    ...records.attempts
      .filter((attempt) => attempt.status === 'review')
      .map((attempt) => `attempt ${attempt.attemptId} waits for a person to decide`),
  ];
  return judge('money', what, intents.length, breaches);
};

/** Nothing is left under way: what was to be said was said, what was paid is decided. */
export const allSettled = ({ orders, unsent, readAtMs }: SaleRecords): Verdict => {
  const overdue = orders.filter((order) => order.status === 'awaiting_payment' && order.payByMs < readAtMs);
  const breaches = [
    ...overdue.map((order) => `order ${order.orderId} awaits payment past its time`),
    ...(unsent.tickets > 0 ? [`${unsent.tickets} messages of the ticket service have not left`] : []),
    ...(unsent.payments > 0 ? [`${unsent.payments} messages of the payment service have not left`] : []),
  ];
  return judge('P3', 'nothing is left undone: no overdue order, no unsent message', orders.length, breaches);
};
