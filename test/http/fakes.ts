import { createHash, randomUUID } from 'node:crypto';
import type { SaleEvent } from '../../src/domain/event.ts';
import type { Frame } from '../../src/domain/frame.ts';
import type { DrawRecord } from '../../src/domain/ports/draw-book.ts';
import type { Hold } from '../../src/domain/hold.ts';
import type { Order, Ticket } from '../../src/domain/order.ts';
import type {
  CheckoutView,
  EventView,
  PaymentService,
  TicketService,
} from '../../src/domain/ports/services.ts';
import type { LinePasses, WaitingRoomService } from '../../src/domain/ports/waiting-room.ts';
import { because } from '../../src/domain/binding-limit.ts';
import { refuse } from '../../src/domain/refusal.ts';

export const EVENT = '0190a000-0000-7000-8000-000000000001';
export const ELSEWHERE = '0190a000-0000-7000-8000-00000000ffff';
export const NOW_MS = Date.parse('2026-12-01T12:00:00.000Z');
const HOUR_MS = 3_600_000;

export const saleEvent: SaleEvent = {
  eventId: EVENT,
  name: 'Noite de Abertura',
  venue: 'Arena Catraca',
  currency: 'BRL',
  opensAtMs: NOW_MS,
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  sections: [{ id: 'A', name: 'Cadeira A', priceMinor: 25_000, rows: [{ name: '1', seats: 3 }] }],
  phaseSetting: 'open',
  admission: { ratePerMinute: 6_000, insideMax: 2_000, paused: false, closedLoop: true, version: 1 },
};

const eventView: EventView = {
  event: saleEvent,
  phase: 'open',
  sections: [{ sectionId: 'A', name: 'Cadeira A', priceMinor: 25_000, seats: 3, left: 3 }],
};

export const frame: Frame = {
  eventId: EVENT,
  epoch: 1,
  phase: 'open',
  asOf: '2026-12-01T12:00:00.900Z',
  serving: 10,
  joined: 25,
  inside: 4,
  ratePerMinute: 6_000,
  reason: 'rate',
  because: because('rate'),
  drawn: false,
  opensAt: '2026-12-01T12:00:00.000Z',
  at: '2026-12-01T12:00:01.000Z',
};

export const draw: DrawRecord = {
  eventId: EVENT,
  commitment: 'ab'.repeat(32),
  opensAtMs: NOW_MS,
  entrants: 0,
  head: 'cd'.repeat(32),
  beacon: null,
  sealedAtMs: null,
  openedByHand: false,
  secret: null,
};

/** A sale of three seats in memory, with the answers the ports promise. What it keeps is open to the test. */
export const fakeSale = () => {
  const holds = new Map<string, { hold: Hold; fingerprint: string }>();
  const orders = new Map<string, { order: Order; fingerprint: string }>();
  const tickets = new Map<string, Ticket>();
  const checkouts = new Map<string, CheckoutView>();
  const watchers = new Set<() => void>();
  const calls = { hold: 0, placeOrder: 0 };

  const service: TicketService = {
    listEvents: async () => [eventView],
    findEvent: async (eventId) => (eventId === EVENT ? eventView : null),
    seatMap: async (eventId, sectionId) =>
      eventId === EVENT && sectionId === 'A'
        ? {
            eventId,
            sectionId,
            version: 7,
            seats: [1, 2, 3].map((number) => ({
              seatId: `A-1-${number}`,
              row: '1',
              number,
              status: 'free' as const,
            })),
          }
        : refuse('not_found'),
    async hold(command) {
      calls.hold += 1;
      const known = holds.get(command.holdId);
      if (known !== undefined) {
        if (known.fingerprint !== command.fingerprint) return refuse('idempotency_key_reused');
        return { kind: 'held', hold: known.hold, replayed: true };
      }
      const seatIds =
        'seatIds' in command.wish ? command.wish.seatIds : ['A-1-1', 'A-1-2'].slice(0, command.wish.quantity);
      const taken = seatIds.filter((seat) =>
        [...holds.values()].some((one) => one.hold.seatIds.includes(seat)),
      );
      if (taken.length > 0) return refuse('seat_taken', { seatIds: taken });
      const hold: Hold = {
        holdId: command.holdId,
        eventId: command.eventId,
        sectionId: command.sectionId,
        fanId: command.fanId,
        seatIds,
        fences: seatIds.map(() => 1),
        amountMinor: 25_000 * seatIds.length,
        currency: 'BRL',
        expiresAtMs: NOW_MS + HOUR_MS,
        extended: false,
        state: 'active',
      };
      holds.set(command.holdId, { hold, fingerprint: command.fingerprint });
      return { kind: 'held', hold, replayed: false };
    },
    async release(holdId, fanId) {
      const found = holds.get(holdId);
      if (found === undefined || found.hold.fanId !== fanId) return refuse('not_found');
      found.hold = { ...found.hold, state: 'released' };
      return found.hold;
    },
    async extend(holdId, fanId) {
      const found = holds.get(holdId);
      if (found === undefined || found.hold.fanId !== fanId) return refuse('not_found');
      if (found.hold.extended) return refuse('hold_already_extended');
      found.hold = { ...found.hold, extended: true, expiresAtMs: found.hold.expiresAtMs + HOUR_MS };
      return found.hold;
    },
    async placeOrder(command) {
      calls.placeOrder += 1;
      const known = orders.get(command.orderId);
      if (known !== undefined) {
        return known.fingerprint === command.fingerprint ? known.order : refuse('idempotency_key_reused');
      }
      const mine = command.holdIds.map((holdId) => holds.get(holdId)?.hold);
      if (mine.some((hold) => hold?.fanId !== command.fanId)) return refuse('not_found');
      const order: Order = {
        orderId: command.orderId,
        eventId: EVENT,
        fanId: command.fanId,
        status: 'awaiting_payment',
        reason: null,
        holdIds: command.holdIds,
        seatIds: mine.flatMap((hold) => hold?.seatIds ?? []),
        sectionIds: mine.flatMap((hold) =>
          hold === undefined ? [] : hold.seatIds.map(() => hold.sectionId),
        ),
        amountMinor: mine.reduce((sum, hold) => sum + (hold?.amountMinor ?? 0), 0),
        currency: 'BRL',
        attemptId: randomUUID(),
        payByMs: NOW_MS + HOUR_MS,
        createdAtMs: NOW_MS,
      };
      orders.set(order.orderId, { order, fingerprint: command.fingerprint });
      return order;
    },
    async findOrder(orderId, fanId) {
      const order = orders.get(orderId)?.order;
      if (order === undefined || order.fanId !== fanId) return null;
      return { order, tickets: [...tickets.values()].filter((ticket) => ticket.orderId === orderId) };
    },
    ordersOf: async (fanId, limit) =>
      [...orders.values()]
        .map(({ order }) => order)
        .filter((order) => order.fanId === fanId)
        .slice(0, limit),
    async giveBack({ orderId, fanId }) {
      const found = orders.get(orderId);
      if (found === undefined || found.order.fanId !== fanId) return refuse('not_found');
      if (found.order.status !== 'confirmed' && found.order.status !== 'refunded')
        return refuse('order_not_refundable');
      found.order = { ...found.order, status: 'refunded', reason: 'cancelled' };
      return found.order;
    },
    watchOrder(_orderId, onChange) {
      watchers.add(onChange);
      return () => watchers.delete(onChange);
    },
    findTicket: async (ticketId) => tickets.get(ticketId) ?? null,
  };

  /** What the payment service and the settlement would do. */
  const change = (orderId: string, part: Partial<Order>): void => {
    const found = orders.get(orderId);
    if (found === undefined) throw new Error('no such order');
    found.order = { ...found.order, ...part };
    if (part.status === 'confirmed') {
      for (const seatId of found.order.seatIds) {
        const ticketId = randomUUID();
        tickets.set(ticketId, {
          ticketId,
          orderId,
          eventId: EVENT,
          fanId: found.order.fanId,
          seatId,
          issuedAtMs: NOW_MS,
          voided: false,
        });
      }
    }
    for (const watcher of watchers) watcher();
  };

  const payments: PaymentService = {
    async openCheckout(order) {
      const view: CheckoutView = {
        orderId: order.orderId,
        checkoutUrl: `https://pay.test/${order.attemptId}`,
        authorised: false,
        returned: false,
      };
      checkouts.set(order.orderId, view);
      return view;
    },
    findCheckout: async (orderId) => checkouts.get(orderId) ?? null,
    async cancel(orderId) {
      if (checkouts.get(orderId)?.authorised === true) return 'too_late';
      queueMicrotask(() => change(orderId, { status: 'failed', reason: 'cancelled' }));
      return 'cancelled';
    },
    receiveWebhook: async (body, signature) =>
      signature === `signed:${createHash('sha256').update(body).digest('hex')}`
        ? 'accepted'
        : refuse('signature_invalid'),
    reviews: async () => [],
    resolveReview: async () => refuse('not_found'),
  };

  return { service, payments, holds, orders, tickets, checkouts, watchers, calls, change };
};

/** A line in which everybody who joins is called at once. */
export const fakeLine = () => {
  const places = new Map<string, number>();
  const passes = new Map<string, string>();
  const watchers = new Set<(frame: Frame) => void>();
  let isDrawn = true;
  const service: WaitingRoomService = {
    async join(eventId, fanId) {
      if (eventId !== EVENT) return refuse('not_found');
      const known = places.get(fanId);
      const number = known ?? places.size + 1;
      places.set(fanId, number);
      return {
        created: known === undefined,
        place: `place:${fanId}:${number}`,
        number,
        lane: null,
        recoveryCode: `R-${number}`,
        receipt: null,
        frame,
      };
    },
    ready: async (eventId) =>
      eventId === EVENT ? { ready: true, lane: null, bypass: false, checks: [] } : refuse('not_found'),
    frame: async (eventId) => (eventId === EVENT ? frame : null),
    watchFrame(_eventId, onFrame) {
      watchers.add(onFrame);
      return () => watchers.delete(onFrame);
    },
    async standing(_eventId, fanId, place) {
      const number = places.get(fanId);
      if (place !== `place:${fanId}:${number}` || number === undefined) return refuse('place_invalid');
      return {
        state: 'waiting',
        number,
        drawn: isDrawn,
        lane: null,
        ahead: 3,
        eta: { p10Seconds: 1, p50Seconds: 2, p90Seconds: 5 },
        outlook: 'standby',
        because: frame.because,
      };
    },
    async redeem(eventId, fanId, place) {
      if (place !== `place:${fanId}:${places.get(fanId)}`) return refuse('place_invalid');
      const known = passes.get(fanId);
      const pass = known ?? passFor(eventId, fanId);
      passes.set(fanId, pass);
      return { created: known === undefined, pass, expiresAtMs: NOW_MS + HOUR_MS };
    },
    checkPass: async (eventId, pass) =>
      pass.startsWith(`pass:${eventId}:`)
        ? { fanId: pass.split(':')[2] ?? '', expiresAtMs: NOW_MS + HOUR_MS }
        : refuse('pass_invalid'),
    async leave(_eventId, fanId) {
      passes.delete(fanId);
    },
    async recover(eventId, { code }) {
      const number = Number(code.replace('R-', ''));
      const fanId = [...places].find(([, place]) => place === number)?.[0];
      if (eventId !== EVENT || fanId === undefined) return refuse('recovery_code_invalid');
      const [place, recoveryCode] = [`place:${fanId}:${number}`, `R-${number}`];
      return { created: false, place, number, lane: null, recoveryCode, receipt: null, frame, fanId };
    },
    watchHandOver: () => () => undefined,
    counters: async () => null,
    loop: async () => null,
    plannedRate: async () => null,
    draw: async (eventId) => (eventId === EVENT ? draw : null),
    setBeacon: async () => refuse('beacon_not_used'),
    drawLeaves: async () => ({ leaves: [], entrants: 0 }),
  };
  const undraw = (): void => {
    isDrawn = false;
  };
  return { service, watchers, places, undraw };
};

/** A pass as the fake `LinePasses` reads it: plain text instead of a signature. */
export const passFor = (eventId: string, fanId: string, expiresAtMs = NOW_MS + HOUR_MS): string =>
  `pass:${eventId}:${fanId}:${expiresAtMs}`;

export const fakePasses: LinePasses = {
  issuePlace: () => '',
  readPlace: () => null,
  issuePass: () => '',
  readPass(text) {
    const [kind, eventId, fanId, expires] = text.split(':');
    if (kind !== 'pass' || eventId === undefined || fanId === undefined) return null;
    return { passId: ELSEWHERE, eventId, fanId, expiresAtMs: Number(expires) };
  },
};
