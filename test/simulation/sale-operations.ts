import fc from 'fast-check';
import type { HoldRequest } from '../../src/domain/hold.ts';
import type { AnyEnvelope } from '../../src/domain/messages.ts';
import type { PaymentMessage } from '../../src/domain/ports/order-book.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { without } from '../../src/simulation/model/rows.ts';
import { smallShow } from '../support/sale.ts';
import { askBoth, names, QUARTER_MS, type Side, type TwoWorlds } from './two-worlds.ts';

/** Hours and three quarters of what the sale counts in minutes: never equal to another sum of these. */
const hours = (count: number, quarters: number): number => (count * 4 + quarters) * QUARTER_MS;

const SEATS: Readonly<Record<string, readonly string[]>> = {
  A: ['A-1-1', 'A-1-2', 'A-1-3', 'A-1-99'],
  PISTA: ['PISTA-1', 'PISTA-2'],
  NOWHERE: ['NOWHERE-1'],
};

const small = (max: number) => fc.nat({ max });
const sections = fc.constantFrom('A', 'A', 'A', 'PISTA', 'NOWHERE');
const wish = fc.record({
  hold: small(5),
  fan: small(2),
  passOf: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: small(2) }),
  section: sections,
  seats: fc.array(small(3), { maxLength: 3 }),
  hours: small(2),
  fingerprint: fc.constantFrom('f', 'f', 'f', 'g'),
});
const told = {
  order: small(3),
  ok: fc.boolean(),
  wrongSum: fc.oneof(
    { weight: 6, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  approved: fc.oneof(
    { weight: 4, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  reason: fc.constantFrom('declined' as const, 'cancelled' as const, 'expired' as const, 'refunded' as const),
};
const message = fc.record({ id: small(7), ...told });

export const saleOperation = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      fan: small(2),
      number: fc.integer({ min: 1, max: 8 }),
      hours: fc.integer({ min: 1, max: 9 }),
      // Each load of the line ends the epochs before it.
      epoch: fc.constantFrom(9, 9, 9, 0, 1, 2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), fan: small(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('spend' as const),
      fan: small(2),
      number: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('hand over' as const),
      number: fc.integer({ min: 1, max: 8 }),
      claim: small(2),
      request: small(2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('redeem' as const), code: small(3), fan: small(2) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('codes' as const),
      act: fc.constantFrom('make' as const, 'make' as const, 'revoke' as const, 'bypass' as const),
      code: small(3),
      fan: small(2),
      usesMax: fc.constantFrom(1, 2, null),
      lane: fc.constantFrom('club', null),
      startsIn: fc.constantFrom(null, null, 0, 1),
      endsIn: fc.constantFrom(null, null, 1, 2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('invite' as const),
      fans: fc.array(small(2), { maxLength: 3 }),
      networks: fc.subarray(['192.0.2.7', '2001:db8::1']),
      lane: fc.constantFrom('club', 'press', undefined),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('counters' as const), joined: small(20), serving: small(20) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      wishes: fc.array(wish, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), hold: small(5), fan: small(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('extend' as const),
      hold: small(5),
      fan: small(2),
      hours: small(2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), limit: fc.constant(50) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      order: small(3),
      fan: small(2),
      holds: fc.array(small(5), { minLength: 1, maxLength: 2 }),
      hours: small(2),
      fingerprint: fc.constantFrom('f', 'f', 'f', 'g'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      messages: fc.array(message, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    // Money that comes after a no: with the repeats among eight ids alone it would be rare.
    arbitrary: fc.record({ do: fc.constant('late' as const), oneBatch: fc.boolean(), ...told }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('giveBack' as const), order: small(3), fan: small(2) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remind' as const), hours: small(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('outbox' as const), give: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('phase' as const),
      phase: fc.constantFrom('open' as const, 'open' as const, 'paused' as const, 'scheduled' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 2 }) }),
  },
);

export type SaleOperation = typeof saleOperation extends fc.Arbitrary<infer T> ? T : never;

/** The names of one run: both sides use the same, so that the numbers of the operations mean the same. */
export const saleNames = () => ({
  event: names(1)[0] as string,
  fans: names(3),
  passes: names(40),
  requests: names(3),
  codes: names(4),
  holds: names(6),
  orders: names(4),
  attempts: names(4),
  messages: names(8),
  lateMessages: names(120),
});
export type SaleNames = ReturnType<typeof saleNames>;

const at = <T>(items: readonly T[], index: number): T => items[index] as T;

/** The pass that a fan was last given, as both sides gave it. */
type Passes = Map<number, string>;

const requestOf = (
  names: SaleNames,
  passes: Passes,
  one: (SaleOperation & { do: 'hold' })['wishes'][number],
): HoldRequest => ({
  holdId: at(names.holds, one.hold),
  eventId: names.event,
  sectionId: one.section,
  fanId: at(names.fans, one.fan),
  passId: passes.get(one.passOf ?? one.fan) ?? at(names.passes, 39),
  seatIds: one.seats.map((seat) => at(SEATS[one.section] ?? [], seat % (SEATS[one.section] ?? []).length)),
  ttlMs: hours(one.hours, 2),
  fingerprint: one.fingerprint,
});

/** No fan and no hold stands twice in one statement: the hold protocol sees to that. */
const apart = (requests: readonly HoldRequest[]): readonly HoldRequest[] =>
  requests.filter((one, index) =>
    requests.slice(0, index).every((other) => other.holdId !== one.holdId && other.fanId !== one.fanId),
  );

const messageOf = async (
  side: Side,
  names: SaleNames,
  one: Omit<(SaleOperation & { do: 'settle' })['messages'][number], 'id'>,
  id: string,
): Promise<PaymentMessage> => {
  const orderId = at(names.orders, one.order);
  const order = await side.ports.orders.find(orderId);
  const attemptId = at(names.attempts, one.order);
  const amountMinor = (order?.amountMinor ?? 1) + (one.wrongSum ? 1 : 0);
  const approved = one.approved ? { approved: true } : {};
  const data = one.ok
    ? { attemptId, amountMinor, currency: 'brl', ...approved }
    : { attemptId, reason: one.reason };
  const type = one.ok ? 'PagamentoOK' : 'PagamentoFalhou';
  return {
    id,
    type,
    occurredAtMs: 0,
    eventId: names.event,
    orderId,
    data,
  } as PaymentMessage;
};

/** A no, money, and money once more: each new to the inbox. */
const settleLate = async (
  side: Side,
  names: SaleNames,
  one: SaleOperation & { do: 'late' },
  count: number,
): Promise<unknown> => {
  const messages: PaymentMessage[] = [];
  for (const [index, ok] of [false, true, true].entries()) {
    const change = { ok, approved: one.approved && index === 2 };
    const id = at(names.lateMessages, (count * 3 + index) % names.lateMessages.length);
    messages.push(await messageOf(side, names, { ...one, ...change }, id));
  }
  if (one.oneBatch) return side.ports.orders.settle(messages);
  const answers = [];
  for (const message of messages) answers.push(await side.ports.orders.settle([message]));
  return answers;
};

const admit = async (
  side: Side,
  names: SaleNames,
  passes: Passes,
  passId: string,
  one: SaleOperation & { do: 'admit' },
) => {
  const [eventId, fanId] = [names.event, at(names.fans, one.fan)];
  const place = await side.ports.journal.recordPlace(eventId, fanId, one.number);
  const number = place?.number ?? one.number;
  const admission = await side.ports.journal.recordAdmission({
    passId,
    eventId,
    fanId,
    number,
    turn: number + 2,
    ttlMs: hours(one.hours, 2),
    epoch: one.epoch,
  });
  if (admission !== null && admission !== 'superseded') passes.set(one.fan, admission.passId);
  return [place, admission];
};

const handOver = async (
  side: Side,
  names: SaleNames,
  passes: Passes,
  passId: string,
  one: SaleOperation & { do: 'hand over' },
) => {
  const { handOvers, journal } = side.ports;
  const { number, claim } = one;
  const requestId = at(names.requests, one.request);
  const stands = await handOvers.handOver({ eventId: names.event, number, claim, requestId, passId });
  const admission = await journal.findAdmission(names.event, number);
  if (admission !== null) passes.set(names.fans.indexOf(admission.fanId), admission.passId);
  const all = await handOvers.since(names.event, 0);
  const place = await handOvers.findPlace(names.event, number);
  return [stands, admission, place, all.map((each) => [each.number, each.claim])];
};

const throughOutbox = async (side: Side, give: boolean) => {
  const { ticketOutbox } = side.ports;
  const rows = await ticketOutbox.claim(2, hours(1, 2));
  const ids = rows.map((row) => row.id);
  await (give ? ticketOutbox.giveBack(ids) : ticketOutbox.markSent(ids.slice(0, 1)));
  const { unsent } = await ticketOutbox.backlog();
  return { rows: rows.map((row: AnyEnvelope) => ({ ...row })), unsent };
};

/** A code is kept by 32 bytes, whatever they are made of. */
const hashOf = (codeId: string): Uint8Array => Buffer.from(codeId.replaceAll('-', ''), 'utf8');

const aboutCodes = async (
  side: Side,
  names: SaleNames,
  one: SaleOperation & { do: 'codes' },
): Promise<unknown> => {
  const { access } = side.ports;
  const codeId = at(names.codes, one.code);
  if (one.act === 'revoke') return access.revoke(names.event, codeId);
  if (one.act === 'bypass') return access.noteBypass(names.event, at(names.fans, one.fan), codeId, 'r');
  const from = (count: number | null): number | null =>
    count === null ? null : side.nowMs() + hours(count, 1);
  const batch = {
    eventId: names.event,
    laneId: one.lane,
    label: 'l',
    usesMax: one.usesMax,
    startsAtMs: from(one.startsIn),
    endsAtMs: from(one.endsIn),
  };
  return access.add(batch, [{ codeId, hash: hashOf(codeId) }]);
};

/** One run: `passes` of both sides are the same, since both are given the same names. */
export const createSaleRun = (names: SaleNames) => {
  const passes: Passes = new Map();
  let admitted = 0;
  let lates = 0;
  const act =
    (operation: SaleOperation, passId: string) =>
    async (side: Side): Promise<unknown> => {
      const { ledger, orders, journal, events, access } = side.ports;
      switch (operation.do) {
        case 'admit':
          return admit(side, names, passes, passId, operation);
        case 'hand over':
          return handOver(side, names, passes, passId, operation);
        case 'redeem':
          return access.redeem(
            names.event,
            hashOf(at(names.codes, operation.code)),
            at(names.fans, operation.fan),
          );
        case 'codes':
          return aboutCodes(side, names, operation);
        case 'invite': {
          const { networks, lane } = operation;
          const fanIds = operation.fans.map((fan) => at(names.fans, fan));
          return access.invite(names.event, { fanIds, networks }, lane);
        }
        case 'leave':
          return journal.endAdmission(names.event, at(names.fans, operation.fan));
        case 'spend':
          await journal.spendPlace(names.event, at(names.fans, operation.fan), operation.number);
          return [
            await journal.findPlace(names.event, at(names.fans, operation.fan)),
            await journal.findAdmission(names.event, operation.number),
          ];
        case 'counters': {
          const { joined, serving } = operation;
          const told = await journal.saveCounters(names.event, {
            epoch: 1,
            joined,
            serving,
            admitted: serving,
            inside: 0,
            called: 0,
            countedAtMs: 1_000 + joined,
          });
          return [told, await journal.loadSnapshot(names.event)];
        }
        case 'hold':
          return (
            await ledger.holdSeats(apart(operation.wishes.map((one) => requestOf(names, passes, one))))
          ).map((result, index) => ({ index, result }));
        case 'release':
          return ledger.releaseHold(at(names.holds, operation.hold), at(names.fans, operation.fan));
        case 'extend':
          return ledger.extendHold(
            at(names.holds, operation.hold),
            at(names.fans, operation.fan),
            hours(operation.hours, 2),
          );
        case 'expire':
          return ledger.expireHolds(operation.limit);
        case 'order':
          return orders.place({
            orderId: at(names.orders, operation.order),
            attemptId: at(names.attempts, operation.order),
            fanId: at(names.fans, operation.fan),
            holdIds: operation.holds.map((hold) => at(names.holds, hold)),
            payWithinMs: hours(operation.hours, 1),
            fingerprint: operation.fingerprint,
          });
        case 'settle': {
          const messages: PaymentMessage[] = [];
          for (const one of operation.messages)
            messages.push(await messageOf(side, names, one, at(names.messages, one.id)));
          return orders.settle(messages);
        }
        case 'late':
          return settleLate(side, names, operation, lates);
        case 'giveBack': {
          const [orderId, fanId] = [at(names.orders, operation.order), at(names.fans, operation.fan)];
          const answer = await orders.giveBack({ orderId, fanId, requestId: 'r' });
          return isRefusal(answer) ? answer.code : answer;
        }
        case 'remind':
          return orders.remindOverdue(hours(operation.hours, 2), 50);
        case 'outbox':
          return throughOutbox(side, operation.give);
        case 'phase':
          return events.setPhase(names.event, operation.phase);
        default:
          await side.advance(hours(operation.hours, 0));
          return null;
      }
    };

  return {
    /** The event, on both. */
    async begin(worlds: TwoWorlds, reseat: boolean): Promise<void> {
      for (const side of [worlds.real, worlds.model]) {
        // Now and then a run goes on past it.
        const show = { refundsUntilMs: side.nowMs() + hours(9, 3) };
        await side.ports.events.create(names.event, { ...smallShow, lateMoney: { reseat }, show });
      }
    },
    async both(worlds: TwoWorlds, operation: SaleOperation): Promise<void> {
      // A pass has a name of its own in the product too; one name for two admissions is what only Postgres would refuse.
      admitted += operation.do === 'admit' || operation.do === 'hand over' ? 1 : 0;
      lates += operation.do === 'late' ? 1 : 0;
      const passId = at(names.passes, admitted % 39);
      await askBoth(worlds, JSON.stringify(operation), act(operation, passId));
    },
    /** Everything that can be read, on both. */
    async compareAll(worlds: TwoWorlds): Promise<void> {
      const { event, fans, holds, orders: orderIds } = names;
      for (const sectionId of ['A', 'B', 'PISTA']) {
        await askBoth(worlds, `the seats of ${sectionId}`, async (side) =>
          // Each world counts its transactions in its own way.
          (await side.ports.ledger.readSection(event, sectionId)).seats.map((seat) =>
            without(seat, 'changedIn'),
          ),
        );
      }
      await askBoth(worlds, 'the counts', async ({ ports }) => [
        await ports.events.countSeats(event),
        await ports.events.countOrders(event),
      ]);
      for (const holdId of holds)
        await askBoth(worlds, `hold ${holdId}`, (side) => side.ports.ledger.findHold(holdId));
      await askBoth(worlds, 'the codes', async ({ ports }) => [
        await ports.access.list(event, null, 10),
        await ports.access.totals(event),
      ]);
      for (const fanId of fans)
        await askBoth(worlds, `what ${fanId} may`, async ({ ports }) => [
          await ports.access.accessOf(event, fanId, null),
          await ports.access.accessOf(event, fanId, '192.0.2.7'),
        ]);
      for (const fanId of fans)
        await askBoth(worlds, `orders of ${fanId}`, (side) => side.ports.orders.ofFan(fanId, 10));
      for (const orderId of orderIds) {
        await askBoth(worlds, `order ${orderId}`, async ({ ports }) => [
          await ports.orders.find(orderId),
          await ports.orders.ticketsOf(orderId),
        ]);
      }
      await askBoth(worlds, 'what was said', ({ ports }) => ports.ticketOutbox.claim(1_000, QUARTER_MS));
    },
  };
};
