import { changedEvent } from '../../src/domain/event-change.ts';
import type { IdempotencyStore, StoredAnswer } from '../../src/domain/ports/event-store.ts';
import type { LiveNumbers, OperatorService } from '../../src/domain/ports/services.ts';
import { because } from '../../src/domain/binding-limit.ts';
import { isRefusal, refuse } from '../../src/domain/refusal.ts';
import type { ListedReview } from '../../src/domain/review.ts';
import { ELSEWHERE, EVENT, frame, NOW_MS, saleEvent } from './fakes.ts';

const numbers: LiveNumbers = {
  eventId: EVENT,
  phase: 'open',
  frame,
  line: { epoch: 1, joined: 25, serving: 10, admitted: 10, inside: 4, called: 2 },
  admission: saleEvent.admission,
  loop: {
    mode: 'decrease',
    ratePerMinute: 4_200,
    because: because('holds_slow', { measuredMs: 800, allowedMs: 400 }),
    signals: [{ signal: 'holdMs', valueMs: 800, budgetMs: 400 }],
  },
  launch: {
    curve: { startsAtMs: NOW_MS, points: [{ afterSeconds: 0, ratePerMinute: 600 }] },
    active: true,
    ratePerMinute: 600,
  },
  seats: { free: 3, held: 0, paying: 0, sold: 0 },
  orders: { awaitingPayment: 0, confirmed: 0, failed: 0, expired: 0, rejected: 0, refunded: 0 },
  holds: { granted: 1, conflicts: 2, refused: 0, p50Ms: 4, p99Ms: 20 },
  sections: [{ sectionId: 'A', free: 3, held: 0, paying: 0, sold: 0, closed: false }],
  limit: 'rate',
  at: '2026-12-01T12:00:01.000Z',
};

export const review: ListedReview = {
  reviewId: ELSEWHERE,
  kind: 'refund_refused',
  paymentRef: 'pi_1',
  attemptId: ELSEWHERE,
  orderId: ELSEWHERE,
  details: { alarm: 'refund_refused' },
  openedAtMs: NOW_MS,
  resolution: null,
  actions: ['refund', 'dismiss'],
};
const resolution = { action: 'dismiss', note: 'settled', by: 'op', atMs: NOW_MS } as const;

/** Records what operators did. */
export const fakeOperators = () => {
  const acts: { readonly act: string; readonly target: string; readonly detail: unknown }[] = [];
  const known = <T>(eventId: string, value: T): T | null => (eventId === EVENT ? value : null);
  const service: OperatorService = {
    async createEvent(eventId, definition) {
      acts.push({ act: 'create', target: eventId, detail: definition });
      return { ...saleEvent, eventId };
    },
    findEvent: async (eventId) => known(eventId, saleEvent),
    async editEvent(eventId, change) {
      if (known(eventId, true) === null) return null;
      const edited = changedEvent(saleEvent, change, NOW_MS);
      if (!isRefusal(edited)) acts.push({ act: 'edit', target: eventId, detail: change });
      return edited;
    },
    async setPhase(eventId, phase) {
      acts.push({ act: 'phase', target: eventId, detail: phase });
      return known(eventId, { ...saleEvent, phaseSetting: phase });
    },
    async planLaunch(eventId, curve) {
      acts.push({ act: 'launch', target: eventId, detail: curve });
      return known(eventId, { ...saleEvent, launch: curve === null ? null : { curve, active: true } });
    },
    async setLanes(eventId, lanes) {
      acts.push({ act: 'lanes', target: eventId, detail: lanes });
      return known(eventId, { ...saleEvent, lanes });
    },
    async setMessage(eventId, text) {
      acts.push({ act: 'message', target: eventId, detail: text });
      const message = text === null ? null : { text, atMs: NOW_MS };
      return known(eventId, { ...saleEvent, message });
    },
    async turnKnobs(eventId, change) {
      acts.push({ act: 'knobs', target: eventId, detail: change });
      return known(eventId, { ...saleEvent, admission: { ...saleEvent.admission, ...change, version: 2 } });
    },
    async setBeacon(eventId, value) {
      acts.push({ act: 'beacon', target: eventId, detail: value });
      return refuse('beacon_not_used');
    },
    numbers: async (eventId) => known(eventId, numbers),
    actors: () => [
      { path: '/sale/A', kind: 'section', mailbox: 0, mailboxLimit: 100, restarts: 0, state: 'running' },
    ],
    async killActor(path) {
      acts.push({ act: 'kill', target: path, detail: null });
      return true;
    },
    audit: async () => [
      {
        at: NOW_MS,
        actor: 'op',
        role: 'operator',
        action: 'setPhase',
        target: EVENT,
        before: null,
        after: { phase: 'open' },
        requestId: 'r1',
      },
    ],
    money: async () => ({
      lookedAtMs: NOW_MS,
      unbalanced: 1,
      lines: [{ class: 'unbalanced', currency: 'BRL', payments: 1, amountMinor: 25_000 }],
      differences: [
        {
          kind: 'unknown_intent',
          remedy: 'refund',
          subject: 'pi_1',
          intentId: 'pi_1',
          attemptId: ELSEWHERE,
          orderId: ELSEWHERE,
          eventId: EVENT,
          ours: null,
          gateway: 'captured',
          keptMinor: 25_000,
          currency: 'BRL',
          standingMs: 180_000,
        },
      ],
    }),
    parked: async () => [
      {
        envelope: {
          id: ELSEWHERE,
          type: 'PagamentoFalhou',
          occurredAtMs: NOW_MS,
          eventId: EVENT,
          orderId: ELSEWHERE,
          data: { attemptId: ELSEWHERE, reason: 'declined' },
        },
        raw: null,
        attempts: 5,
        reason: 'broke',
      },
    ],
    redrive: async (_queue, limit) => Math.min(limit, 1),
    reviews: async (state) =>
      state === 'open' ? [review] : [review, { ...review, resolution, actions: [] }],
    async resolveReview(reviewId, action, note) {
      if (reviewId !== review.reviewId) return refuse('not_found');
      if (action === 'honour') return refuse('review_action_impossible');
      acts.push({ act: 'resolve', target: reviewId, detail: { action, note } });
      return { ...review, resolution: { ...resolution, action, note } };
    },
  };
  return { service, acts };
};

/** The idempotency port in memory, leases aside. */
export const fakeIdempotency = () => {
  const keys = new Map<string, { fingerprint: string; leased: boolean; answer: StoredAnswer | null }>();
  const store: IdempotencyStore = {
    async claim(subject, key, fingerprint) {
      const name = `${subject} ${key}`;
      const known = keys.get(name);
      if (known === undefined) keys.set(name, { fingerprint, leased: true, answer: null });
      else if (known.fingerprint !== fingerprint) return { kind: 'mismatch' };
      else if (known.answer !== null) return { kind: 'answered', answer: known.answer };
      else if (known.leased) return { kind: 'running' };
      else known.leased = true;
      return { kind: 'first' };
    },
    async answer(subject, key, answer) {
      const known = keys.get(`${subject} ${key}`);
      if (known !== undefined) known.answer = answer;
    },
    async abandon(subject, key) {
      keys.delete(`${subject} ${key}`);
    },
    async release(subject, key) {
      const known = keys.get(`${subject} ${key}`);
      if (known !== undefined) known.leased = false;
    },
  };
  return { store, keys };
};
