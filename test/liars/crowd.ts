import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SaleEvent } from '../../src/domain/event.ts';
import type { Hold } from '../../src/domain/hold.ts';
import { isSettled, type Order } from '../../src/domain/order.ts';
import type { Random } from '../../src/domain/ports/environment.ts';
import type { HoldCommand } from '../../src/domain/ports/services.ts';
import { isRefusal, type Refusal } from '../../src/domain/refusal.ts';
import { seatIdInRow } from '../../src/domain/ids.ts';
import { createMemory, type Memory } from '../../src/rush/memory.ts';
import { between, pick, seededRandom } from '../../src/rush/seeded-random.ts';
import { eventually } from '../support/eventually.ts';
import { DECLINED_CARD, GOOD_CARD, pay } from '../support/fan.ts';
import type { AdmittedFan } from '../support/sale.ts';
import type { Node } from './lying-nodes.ts';

/** What the crowd did: a run in which too little happened proves nothing. */
export const WHAT = [
  'held',
  'seat_taken',
  'doubled',
  'released',
  'extended',
  'abandoned',
  'unpaid',
  'cancelled',
  'declined',
  'paid',
  'sold',
  'ended without tickets',
] as const;
export type What = (typeof WHAT)[number];

export interface Crowd {
  readonly memory: Memory;
  readonly counts: Readonly<Record<What, number>>;
  /** Words of refusals that no fan of this crowd should hear. */
  readonly strange: readonly string[];
}

const TRIES = 20;
/** A machine with other work may keep somebody waiting: that is no answer, and they ask again. */
const PASSING = new Set(['outcome_unknown', 'unavailable', 'overloaded']);
const ASKS = 60;
/** A retry of the bus may come 30 s later, where a busy machine made the first tries fail. */
const END_WITHIN_MS = 80_000;
export const ROW_SEATS = 12;

interface Shared {
  readonly nodes: readonly Node[];
  readonly event: SaleEvent;
  readonly memory: Memory;
  readonly count: (what: What) => void;
  readonly strange: (word: string) => void;
  /** What the next to get a hold does for certain, so that nothing is left out. */
  readonly turn: () => Turn | undefined;
  /** Whether this order ends without tickets for certain. */
  readonly mustEnd: () => boolean;
}

/** Twice each: a hold may run out before its turn comes. */
const TURNS = ['releases', 'abandons', 'extends', 'releases', 'abandons', 'extends'] as const;
type Turn = (typeof TURNS)[number];

/** One fan: tries for seats until there are tickets, patience ends, or the seats are let go. */
const createFan = (shared: Shared, { fanId, passId }: AdmittedFan, random: Random) => {
  const { event, memory, count } = shared;
  const node = (): Node => pick(random, shared.nodes);
  const chance = (share: number): boolean => random.next() < share;
  const moment = (): Promise<void> => sleep(between(random, 5, 250));

  /** Asks until the outcome is known, always for the same thing: that it was done already must not matter. */
  const insist = async <T>(
    ask: (at: Node) => Promise<T>,
    onUnknown: () => void = () => undefined,
  ): Promise<T> => {
    for (let asked = 1; ; asked += 1) {
      const answer = await ask(node()).catch(() => null);
      if (answer === null || (isRefusal(answer) && answer.code === 'outcome_unknown')) onUnknown();
      if (answer !== null && !(isRefusal(answer) && PASSING.has(answer.code))) return answer;
      if (asked === ASKS) throw new Error(`no word after ${ASKS} times: ${JSON.stringify(answer)}`);
      await moment();
    }
  };

  /** One request, or the same one at two nodes at once: both must have the one answer. */
  const twice = async <T extends Hold | Order>(
    what: 'hold' | 'order',
    id: string,
    ask: (at: Node) => Promise<T | Refusal>,
  ) => {
    const asks = chance(0.25) ? [ask, ask] : [ask];
    let open = false;
    const onUnknown = (): void => {
      open = true;
    };
    const answers = await Promise.all(asks.map((one) => insist(one, onUnknown)));
    const yes = answers.flatMap((answer) => (isRefusal(answer) ? [] : [answer]));
    if (asks.length > 1) {
      count('doubled');
      memory.repeat({
        fanId,
        what,
        key: id,
        ids: yes.map((one) => ('orderId' in one ? one.orderId : one.holdId)),
      });
      const seats = new Set(yes.map((one) => one.seatIds.join()));
      memory.compared(seats.size > 1 ? `${what} ${id} has two sets of seats` : null);
    }
    // Refused at last, but an earlier try went unanswered: it may have been granted before or after.
    if (open && yes.length === 0) memory.unknown(fanId, what);
    return yes[0] ?? (answers[0] as Refusal);
  };

  const wish = (): { sectionId: string; wish: HoldCommand['wish'] } => {
    if (chance(0.3)) return { sectionId: 'PISTA', wish: { quantity: chance(0.3) ? 2 : 1 } };
    const sectionId = pick(random, ['A', 'B']);
    const from = Math.floor(random.next() * ROW_SEATS) + 1;
    const last = Math.min(ROW_SEATS, from + Math.floor(random.next() * 3));
    const seatIds = [];
    for (let seat = from; seat <= last; seat += 1) seatIds.push(seatIdInRow(sectionId, '1', seat));
    // Half of them name their seats backwards: whoever locks in the order asked for locks against the others.
    return { sectionId, wish: { seatIds: chance(0.5) ? seatIds.toReversed() : seatIds } };
  };

  const hold = async (): Promise<Hold | null> => {
    const command = {
      holdId: randomUUID(),
      eventId: event.eventId,
      fanId,
      passId,
      fingerprint: 'f',
      ...wish(),
    };
    const answer = await twice('hold', command.holdId, async (at) => {
      const result = await at.tickets.hold(command);
      return isRefusal(result) ? result : result.hold;
    });
    if (isRefusal(answer)) {
      if (answer.code === 'seat_taken') count('seat_taken');
      else if (answer.code !== 'section_sold_out') shared.strange(`hold: ${answer.code}`);
      return null;
    }
    count('held');
    const { holdId, sectionId, seatIds, expiresAtMs } = answer;
    memory.hold({ fanId, holdId, sectionId, seatIds, expiresAtMs, releasedAtMs: null });
    const asked = 'seatIds' in command.wish ? command.wish.seatIds : null;
    const fits = asked === null || asked.toSorted().join() === seatIds.toSorted().join();
    memory.compared(fits ? null : `hold ${holdId} has ${seatIds.join()} for ${asked.join()}`);
    return answer;
  };

  const order = async ({ holdId, sectionId, seatIds }: Hold): Promise<Order | null> => {
    const orderId = randomUUID();
    const answer = await twice('order', orderId, (at) =>
      at.tickets.placeOrder({ orderId, fanId, holdIds: [holdId], fingerprint: holdId }),
    );
    const refused = isRefusal(answer);
    const code = refused ? answer.code : null;
    memory.order({
      fanId,
      holdIds: [holdId],
      answeredAtMs: Date.now(),
      orderId: refused ? null : orderId,
      code,
    });
    if (refused) {
      if (code !== 'hold_expired') shared.strange(`order of ${sectionId}: ${code}`);
      return null;
    }
    memory.compared(answer.seatIds.join() === seatIds.join() ? null : `order ${orderId} is for other seats`);
    return answer;
  };

  /** Waits for the end that it must come to: a paid order at once, another when its time to pay is over. */
  const end = async ({ orderId }: Order): Promise<boolean> => {
    const found = await eventually(async () => {
      const now = await node().tickets.findOrder(orderId, fanId);
      if (now === null || !isSettled(now.order.status)) throw new Error(`order ${orderId} does not end`);
      return now;
    }, END_WITHIN_MS);
    if (found.order.status !== 'confirmed') {
      count('ended without tickets');
      return false;
    }
    const tickets = found.tickets.map(({ ticketId, seatId }) => ({ ticketId, seatId }));
    memory.sale({ fanId, orderId, tickets });
    count('sold');
    return true;
  };

  const checkout = (placed: Order): Promise<string> =>
    eventually(async () => {
      const { checkoutUrl } = await node().payments.openCheckout(placed, 'ingressos');
      if (checkoutUrl === null) throw new Error('no checkout');
      return checkoutUrl;
    }, END_WITHIN_MS);

  const finishOrder = async (placed: Order): Promise<boolean> => {
    const checkoutUrl = await checkout(placed);
    if (chance(0.1)) {
      count('unpaid');
      return end(placed);
    }
    const mustEnd = shared.mustEnd();
    if (chance(0.15) || mustEnd) {
      count('cancelled');
      // At once with the payment, or before it.
      await Promise.all([
        insist((at) => at.payments.cancel(placed.orderId)),
        ...(chance(0.5) && !mustEnd ? [pay({ checkoutUrl })] : []),
      ]);
      return end(placed);
    }
    if (chance(0.2)) {
      await pay({ checkoutUrl }, DECLINED_CARD);
      count('declined');
    }
    const answer = await pay({ checkoutUrl }, GOOD_CARD);
    if (answer.status === 200) count('paid');
    return end(placed);
  };

  /** True: this fan has what they came for, or goes. */
  const finishHold = async (held: Hold): Promise<boolean> => {
    // Of thirty holds chance alone leaves one thing or another out, once in some thirty seeds.
    const turn = shared.turn();
    if (chance(0.15) || turn === 'releases') {
      memory.releasing(held.holdId, Date.now());
      const released = await insist((at) => at.tickets.release(held.holdId, fanId));
      if (!isRefusal(released)) count('released');
      return false;
    }
    if (chance(0.15) || turn === 'abandons') {
      count('abandoned');
      return true;
    }
    if (chance(0.2) || turn === 'extends') {
      const extended = await insist((at) => at.tickets.extend(held.holdId, fanId));
      if (!isRefusal(extended)) count('extended');
    }
    const placed = await order(held);
    return placed !== null && finishOrder(placed);
  };

  return {
    async live(): Promise<void> {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const held = await hold();
        await moment();
        if (held !== null && (await finishHold(held))) return;
      }
    },
  };
};

/** Sends everybody at once. Resolves when each of them has tickets, or has gone. */
export const sendCrowd = async (
  nodes: readonly Node[],
  event: SaleEvent,
  fans: readonly AdmittedFan[],
  random: Random,
): Promise<Crowd> => {
  const memory = createMemory();
  const counts = Object.fromEntries(WHAT.map((what) => [what, 0])) as Record<What, number>;
  const strange: string[] = [];
  const turns: Turn[] = [...TURNS];
  let ends = 2;
  const shared: Shared = {
    nodes,
    event,
    memory,
    count: (what) => void (counts[what] += 1),
    strange: (word) => void strange.push(word),
    turn: () => turns.shift(),
    mustEnd: () => (ends -= 1) >= 0,
  };
  await Promise.all(
    fans.map((fan) => createFan(shared, fan, seededRandom(random.next() * 4_294_967_296)).live()),
  );
  return { memory, counts, strange };
};
