import type { Hold } from '../domain/hold.ts';
import type { PassId } from '../domain/ids.ts';
import type { Order } from '../domain/order.ts';
import { isSettled } from '../domain/order.ts';
import { isRefusal, type Refusal } from '../domain/refusal.ts';
import { deriveId } from '../http/request-key.ts';
import { enters, holdsSeats, outcomeOf, repeats } from './fan.ts';
import { asks, waits, type Person } from './person.ts';

const releases = async (person: Person, hold: Hold): Promise<void> => {
  const { memory, world, fanId } = person;
  const { holdId } = hold;
  const invokedAtMs = world.nowMs;
  memory.release(holdId, invokedAtMs);
  const asked = await asks(person, 'release', (node) => node.sale.tickets.release(holdId, fanId));
  const said = asked.kind === 'answer' ? asked.value : null;
  memory.request({
    what: 'release',
    fanId,
    holdIds: [holdId],
    invokedAtMs,
    answeredAtMs: world.nowMs,
    outcome: outcomeOf(said === null || isRefusal(said) ? said : { id: said.holdId }),
  });
};

const extendsHold = async (person: Person, hold: Hold): Promise<void> => {
  const extended = await asks(person, 'extend', (node) =>
    node.sale.tickets.extend(hold.holdId, person.fanId),
  );
  if (extended.kind === 'answer' && !isRefusal(extended.value)) person.memory.hold(extended.value);
};

const places = async (person: Person, hold: Hold, key: string): Promise<Order | null> => {
  const { fanId, memory, world } = person;
  const orderId = deriveId(fanId, 'orders', key);
  const command = { orderId, fanId, holdIds: [hold.holdId], fingerprint: hold.holdId };
  const answer = await repeats<Order>(
    person,
    { what: 'order', holdIds: [hold.holdId] },
    key,
    (node) => node.sale.tickets.placeOrder(command),
    (order) => order.orderId,
  );
  if (answer === null) return null;
  const refused = isRefusal(answer);
  memory.order({
    fanId,
    holdIds: [hold.holdId],
    answeredAtMs: world.nowMs,
    orderId: refused ? null : answer.orderId,
    code: refused ? answer.code : null,
  });
  return refused ? null : answer;
};

/** What the edge does after the order: the checkout, whose address leads to the gateway. */
const opensCheckout = async (person: Person, order: Order): Promise<string | null> => {
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const asked = await asks(person, 'checkout', async (node) => {
      if (attempt > 0) return node.payments.findCheckout(order.orderId);
      return node.payments.openCheckout(order, `${person.show.name}: ${order.seatIds.join(', ')}`);
    });
    const url =
      asked.kind === 'answer' && asked.value !== null && !isRefusal(asked.value)
        ? asked.value.checkoutUrl
        : null;
    if (url !== null) return url.slice(url.lastIndexOf('/') + 1);
    await waits(person, 300, 3_000);
  }
  return null;
};

type Act = 'pay' | 'decline_and_pay' | 'decline' | 'cancel' | 'pay_and_cancel' | 'abandon' | 'pay_late';

const ACTS: readonly Act[] = [
  'pay',
  'pay',
  'pay',
  'pay',
  'decline_and_pay',
  'decline',
  'cancel',
  'pay_and_cancel',
  'abandon',
  'pay_late',
];

const cancels = (person: Person, order: Order): Promise<unknown> =>
  asks(person, 'cancel', (node) => node.payments.cancel(order.orderId));

const paysAtGateway = (person: Person, intentId: string, declined: boolean): void => {
  const { site, world } = person;
  const done = declined
    ? site.gateway.happens(intentId, ['open'], { declineCode: 'card_declined' })
    : site.gateway.pay(intentId);
  world.note(`${declined ? 'is declined at' : 'pays'} ${intentId}: ${done ? 'done' : 'refused'}`);
  site.tell();
};

const LATE_LOOKS = 40;

/** Until somebody else has a hand on one of the order's seats: the moment in which late money hurts. */
const waitsForRivals = async (person: Person, order: Order): Promise<void> => {
  const { eventId } = person;
  for (let look = 0; look < LATE_LOOKS && !person.isClosing(); look += 1) {
    await waits(person, 100, 1_000);
    const asked = await asks(person, 'map', (node) =>
      node.sale.tickets.seatMap(eventId, order.sectionIds[0] ?? ''),
    );
    if (asked.kind !== 'answer' || isRefusal(asked.value)) continue;
    const { seats } = asked.value;
    if (seats.some((seat) => order.seatIds.includes(seat.seatId) && seat.status !== 'free')) return;
  }
};

/** The money arrives at the gateway after it had been told to take none, and had agreed. Until then nobody else may pay. */
const paysLate = async (person: Person, order: Order, intentId: string): Promise<void> => {
  const { site, world, chance } = person;
  const { amountMinor } = site.gateway.of(intentId);
  for (let look = 0; look < LATE_LOOKS && site.gateway.of(intentId).status !== 'cancelled'; look += 1)
    await waits(person, 500, 4_000);
  // Long enough for others to want the seats.
  if (chance.happens(0.5)) await waitsForRivals(person, order);
  else await waits(person, 0, 15_000);
  // Now and then another sum than was asked for: that is for a person to decide.
  const capturedMinor = chance.happens(0.1) ? amountMinor - 1 : amountMinor;
  const paid = { status: 'captured', capturedMinor } as const;
  const done = site.gateway.happens(intentId, ['cancelled'], paid);
  world.note(`pays ${intentId} after its end: ${done ? 'done' : 'refused'}`);
  site.tell();
};

const settlesUp = async (person: Person, order: Order): Promise<Act> => {
  const act = person.chance.pick(ACTS);
  const intentId = act === 'cancel' ? null : await opensCheckout(person, order);
  if (act === 'cancel') await cancels(person, order);
  if (intentId === null || act === 'abandon') return act;
  if (act === 'pay_late') {
    await paysLate(person, order, intentId);
    return act;
  }
  await waits(person, 100, 6_000);
  if (act === 'decline' || act === 'decline_and_pay') paysAtGateway(person, intentId, true);
  if (act === 'decline') return act;
  if (act === 'decline_and_pay') await waits(person, 100, 6_000);
  // Both on their way at once: which comes first is the gateway's to say.
  const cancelling = act === 'pay_and_cancel' ? cancels(person, order) : null;
  if (cancelling !== null) await waits(person, 0, 20);
  paysAtGateway(person, intentId, false);
  await cancelling;
  return act;
};

const LOOKS = 30;

const endedLate = ({ ending = null }: Order): boolean => ending !== null;

/** Looks until the order has come to its end, and remembers the tickets. True: it was confirmed. */
const watches = async (person: Person, order: Order, paidLate: boolean): Promise<boolean> => {
  let isConfirmed = false;
  const { fanId, memory } = person;
  for (let look = 0; look < LOOKS; look += 1) {
    await waits(person, 500, 3_000);
    const asked = await asks(person, 'look', async (node) =>
      node.sale.tickets.findOrder(order.orderId, fanId),
    );
    if (asked.kind !== 'answer' || asked.value === null || isRefusal(asked.value)) continue;
    const { order: now, tickets } = asked.value;
    isConfirmed = now.status === 'confirmed';
    if (isConfirmed) memory.sale({ fanId, orderId: now.orderId, tickets, late: endedLate(now) }, now.seatIds);
    if (isSettled(now.status) && (!paidLate || endedLate(now))) return isConfirmed;
  }
  return isConfirmed;
};

/** Asks for the money of a confirmed order, now and then once more than is needed. */
const givesBack = async (person: Person, { orderId }: Order): Promise<void> => {
  const { fanId, memory, world, chance } = person;
  await waits(person, 0, 6_000);
  const invokedAtMs = world.nowMs;
  const request = { orderId, fanId, requestId: deriveId(fanId, 'give back', orderId) };
  let said: Order | Refusal | null = null;
  let isOpen = false;
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const asked = await asks(person, 'give back', (node) => node.sale.tickets.giveBack(request));
    const outcome = asked.kind === 'answer' ? asked.value : null;
    if (outcome === null || (isRefusal(outcome) && outcome.code !== 'order_not_refundable')) isOpen = true;
    else said = outcome;
    if (said !== null && !chance.happens(0.2)) break;
    await waits(person, 100, 2_000);
  }
  // A try that went unanswered may have been in time, and the next too late.
  const known = said !== null && isRefusal(said) && isOpen ? null : said;
  memory.request({
    what: 'give_back',
    orderId,
    fanId,
    invokedAtMs,
    answeredAtMs: world.nowMs,
    outcome: outcomeOf(known === null || isRefusal(known) ? known : { id: orderId }),
  });
};

const shops = async (person: Person, passId: PassId, key: string): Promise<void> => {
  const { chance } = person;
  const hold = await holdsSeats(person, passId, key);
  if (hold === null) return;
  await waits(person, 50, 2_500);
  if (chance.happens(0.15)) await extendsHold(person, hold);
  if (chance.happens(0.15)) return releases(person, hold);
  // Let to run out; sometimes given back only after that, when it may be another's.
  if (chance.happens(0.15)) {
    await waits(person, 4_000, 8_000);
    return releases(person, hold);
  }
  const order = await places(person, hold, key);
  if (order === null) return undefined;
  const act = await settlesUp(person, order);
  const isConfirmed = await watches(person, order, act === 'pay_late');
  return isConfirmed && chance.happens(0.3) ? givesBack(person, order) : undefined;
};

const leaves = (person: Person): Promise<unknown> =>
  asks(person, 'leave', (node) => node.room.leave(person.eventId, person.fanId));

/** A few wishes, one after the other, each under a key of its own. */
const spendsVisit = async (person: Person, passId: PassId, visit: number): Promise<void> => {
  const wishes = person.chance.whole(1, 3);
  for (let wish = 1; wish <= wishes && !person.isClosing(); wish += 1) {
    await shops(person, passId, `wish-${visit}-${wish}`);
    await waits(person, 0, 2_000);
  }
};

const VISITS = 3;

/** A fan from the first join to the last look: in, some holds, out, and perhaps in again. */
export const live = async (person: Person): Promise<void> => {
  await waits(person, 0, 2_000);
  for (let visit = 1; visit <= VISITS && !person.isClosing(); visit += 1) {
    const passId = await enters(person);
    if (passId !== null) await spendsVisit(person, passId, visit);
    if (person.chance.happens(0.8)) await leaves(person);
    await waits(person, 0, 4_000);
  }
};
