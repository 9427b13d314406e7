import { randomUUID } from 'node:crypto';
import type { RequestOutcome } from '../audit/history.ts';
import { between, pick } from './seeded-random.ts';
import type { HoldDocument, OrderDocument } from './documents.ts';
import { create } from './keyed.ts';
import type { Shopper } from './shopping.ts';
import type { Outcome } from './tally.ts';
import { insist, isPassing } from './world.ts';

const GOOD_CARD = '4242424242424242';
const DECLINED_CARDS = ['4000000000000002', '4000000000009995', '4000000000000069'] as const;
/** A paid order is followed for so long; it is then left to the audit. */
const FOLLOW_MS = 60_000;
const CHECKOUT_WAIT_MS = 20_000;

const orderAs = async (shopper: Shopper, hold: HoldDocument): Promise<OrderDocument | null> => {
  const { world, fanId, token } = shopper;
  const holdIds = [hold.holdId];
  const answer = await create(
    shopper,
    { what: 'order', holdIds },
    { step: 'order', method: 'POST', to: '/v1/orders', token, body: { holdIds } },
  );
  if (answer.kind === 'unknown') return null;
  const order = answer.kind === 'ok' ? (answer.body as OrderDocument) : null;
  world.memory.order({
    fanId,
    holdIds,
    answeredAtMs: world.now(),
    orderId: order?.orderId ?? null,
    code: answer.kind === 'refused' ? answer.code : null,
  });
  if (order === null) return null;
  world.tally.count('orders');
  const fits =
    [...order.seats].sort().join() === [...hold.seats].sort().join() &&
    order.amountMinor === hold.amountMinor;
  world.memory.compared(fits ? null : `order ${order.orderId} is not for what hold ${hold.holdId} has`);
  return order;
};

/** The order as soon as `enough` says so; null when that does not come in time. */
const follow = async (
  { world, token, random }: Shopper,
  orderId: string,
  patienceMs: number,
  enough: (order: OrderDocument) => boolean,
): Promise<OrderDocument | null> => {
  const untilMs = world.now() + patienceMs;
  for (let tries = 0; world.now() < untilMs && !world.stopped(); tries += 1) {
    const answer = await world.client.ask({
      step: 'follow',
      method: 'GET',
      to: `/v1/orders/${orderId}`,
      token,
    });
    if (answer.kind === 'ok' && enough(answer.body as OrderDocument)) return answer.body as OrderDocument;
    await world.sleep(Math.min(1_500, 150 * 1.4 ** tries) * between(random, 0.7, 1.3));
  }
  return null;
};

const checkoutOf = async (shopper: Shopper, order: OrderDocument): Promise<string | null> => {
  if (order.checkoutUrl !== null) return order.checkoutUrl;
  const opened = await follow(
    shopper,
    order.orderId,
    CHECKOUT_WAIT_MS,
    (now) => now.checkoutUrl !== null || now.status !== 'awaiting_payment',
  );
  return opened?.checkoutUrl ?? null;
};

/** True: the gateway took it, or may have. */
const payWith = async ({ world, random }: Shopper, checkoutUrl: string, card: string): Promise<boolean> => {
  const ask = { step: 'pay', method: 'POST', to: `${checkoutUrl}/pay`, body: { card } } as const;
  const { answer, wasUnknown } = await insist(world, ask, random);
  if (answer.kind !== 'refused') return true;
  // Paid by the try whose answer was lost: the gateway will not take it twice.
  if (wasUnknown) return true;
  world.tally.count('declines');
  return false;
};

/** What is wrong with a confirmed order; null: nothing. */
export const saleProblem = (order: OrderDocument, hold: HoldDocument): string | null => {
  const seats = order.tickets.map((ticket) => ticket.seatId);
  if ([...seats].sort().join() !== [...hold.seats].sort().join()) {
    return `order ${order.orderId} has tickets for ${seats.join(', ')}, not for ${hold.seats.join(', ')}`;
  }
  const codes = new Set(order.tickets.map((ticket) => ticket.code).filter((code) => code !== ''));
  return codes.size === order.tickets.length ? null : `order ${order.orderId} lacks codes, or has one twice`;
};

const collect = async (shopper: Shopper, order: OrderDocument, hold: HoldDocument): Promise<Outcome> => {
  const { world, fanId } = shopper;
  const done = await follow(
    shopper,
    order.orderId,
    FOLLOW_MS,
    (now) => now.status !== 'awaiting_payment' && now.status !== 'confirming',
  );
  if (done === null) return 'unfinished';
  if (done.status !== 'confirmed') return 'refused';
  world.memory.compared(saleProblem(done, hold));
  const tickets = done.tickets.map(({ ticketId, seatId }) => ({ ticketId, seatId }));
  world.memory.sale({ fanId, orderId: done.orderId, tickets });
  world.tally.count('sales');
  world.tally.count('tickets', tickets.length);
  return world.takesBack && shopper.persona.regrets ? giveOrderBack(shopper, done.orderId) : 'bought';
};

/** Asks for the money, under one key and as often as is needed to know what became of it. */
const giveOrderBack = async (shopper: Shopper, orderId: string): Promise<Outcome> => {
  const { world, persona, fanId, token, random } = shopper;
  await world.sleep(persona.thinkMs);
  const invokedAtMs = world.now();
  const { answer, wasUnknown } = await insist(
    world,
    {
      step: 'give_back',
      method: 'POST',
      to: `/v1/orders/${orderId}/refund`,
      token,
      key: randomUUID(),
      body: {},
    },
    random,
  );
  const refused = answer.kind === 'refused' && !wasUnknown && !isPassing(answer);
  const outcome: RequestOutcome =
    answer.kind === 'ok'
      ? { kind: 'ok', id: orderId }
      : refused
        ? { kind: 'refused', code: answer.code, seatIds: [] }
        : { kind: 'unknown' };
  world.memory.request({
    what: 'give_back',
    orderId,
    fanId,
    invokedAtMs,
    answeredAtMs: world.now(),
    outcome,
  });
  if (answer.kind !== 'ok') return 'bought';
  world.tally.count('given_back');
  return 'gave_order_back';
};

const giveBack = async (shopper: Shopper, { holdId }: HoldDocument): Promise<Outcome> => {
  const { world, fanId, token, random } = shopper;
  const invokedAtMs = world.now();
  world.memory.releasing(holdId, invokedAtMs);
  const ask = { step: 'release', method: 'DELETE', to: `/v1/holds/${holdId}`, token } as const;
  const { answer } = await insist(world, ask, random);
  // Refused, it may have been released by a try that went unanswered: either way it proves nothing.
  const outcome =
    answer.kind === 'ok' ? ({ kind: 'ok', id: holdId } as const) : ({ kind: 'unknown' } as const);
  const answeredAtMs = world.now();
  world.memory.request({ fanId, what: 'release', holdIds: [holdId], invokedAtMs, answeredAtMs, outcome });
  return 'gave_seats_back';
};

const cancel = async (shopper: Shopper, order: OrderDocument): Promise<Outcome> => {
  const { world, token, random } = shopper;
  await insist(world, { step: 'cancel', method: 'DELETE', to: `/v1/orders/${order.orderId}`, token }, random);
  return 'cancelled';
};

const pay = async (shopper: Shopper, order: OrderDocument, hold: HoldDocument): Promise<Outcome> => {
  const { world, persona, random } = shopper;
  const checkoutUrl = await checkoutOf(shopper, order);
  if (checkoutUrl === null) return 'unfinished';
  await world.sleep(persona.thinkMs);
  if (persona.ending === 'declined_first') {
    await payWith(shopper, checkoutUrl, pick(random, DECLINED_CARDS));
    await world.sleep(persona.thinkMs);
  }
  if (world.stopped()) return 'unfinished';
  await payWith(shopper, checkoutUrl, GOOD_CARD);
  return collect(shopper, order, hold);
};

/** From seats in hand to this fan's ending; `onOrdering` when the hold is about to become an order. */
export const finish = async (
  shopper: Shopper,
  hold: HoldDocument,
  onOrdering: () => void,
): Promise<Outcome> => {
  const { world, persona } = shopper;
  await world.sleep(persona.thinkMs);
  if (world.stopped()) return 'unfinished';
  const comesBackSoon = (iso: string): boolean => Date.parse(iso) - world.now() <= world.waitForSeatsMs;
  const vanishesWithHold = persona.ending === 'vanishes' && persona.index % 2 === 0;
  if (vanishesWithHold && comesBackSoon(hold.expiresAt)) return 'vanished';
  if (vanishesWithHold || persona.ending === 'releases') return giveBack(shopper, hold);
  onOrdering();
  const order = await orderAs(shopper, hold);
  if (order === null) return 'refused';
  if (persona.ending === 'vanishes' && comesBackSoon(order.payBy)) return 'vanished';
  if (persona.ending === 'vanishes' || persona.ending === 'cancels') {
    await world.sleep(persona.thinkMs);
    return cancel(shopper, order);
  }
  return pay(shopper, order, hold);
};
