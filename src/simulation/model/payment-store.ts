import { applyChange, type Attempt, type AttemptChange, type AttemptStatus } from '../../domain/attempt.ts';
import { nextCheckAtMs } from '../../domain/attempt-schedule.ts';
import type { AnyEnvelope } from '../../domain/messages.ts';
import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { Outbox } from '../../domain/ports/outbox.ts';
import type { AppliedChange, PaymentStore } from '../../domain/ports/payment-store.ts';
import type { ReviewStore } from '../../domain/ports/review-store.ts';
import { matterOf, type ReviewMatter } from '../../domain/review.ts';
import { createOutboxModel } from './outbox.ts';
import { createReviewModel } from './review-store.ts';
import { ConstraintError, createDatabase } from './tables.ts';

interface AttemptRow {
  readonly attempt: Attempt;
  readonly checks: number;
  readonly nextCheckMs: number | null;
  readonly leasedUntilMs: number;
}

export interface PaymentModel {
  readonly store: PaymentStore;
  readonly outbox: Outbox;
  readonly reviews: ReviewStore;
  /** Every message ever written to the outbox, in order. */
  said(): readonly AnyEnvelope[];
  /** Every matter ever left to a person, each once. */
  matters(): readonly ReviewMatter[];
  attempts(): readonly Attempt[];
  unsent(eventId: string): number;
  /** The broker has lost the queue in which the payment service is heard. */
  loseQueue(): void;
}

/** What fails here was decided by a person, who must hear of it. */
const BY_A_PERSON: ReadonlySet<AttemptStatus> = new Set(['honouring', 'keeping', 'returning']);
/** An attempt that stands so has been answered by the ticket service. */
const ANSWERED: ReadonlySet<AttemptStatus> = new Set(['captured', 'kept', 'voided', 'refunded']);

/**
 * The payment store over a virtual clock: for the simulation, and for tests of what happens when time passes. It keeps the
 * same rules as the one in Postgres (`payment-store-rules.ts` runs on both, and so does a differential test).
 */
export const createPaymentModel = (clock: Pick<Clock, 'nowMs'>, ids: Ids): PaymentModel => {
  // A database of its own: the payment service shares no table with the others.
  const db = createDatabase();
  const rows = db.table<AttemptRow>();
  const gatewayEvents = db.table<true>();
  const inbox = db.table<true>();
  const outbox = createOutboxModel({
    db,
    clock,
    ids,
    isHeard: (message) =>
      message.type === 'PagamentoOK' &&
      ANSWERED.has(rows.get(message.data.attemptId)?.attempt.status ?? 'new'),
  });

  const assertIntentIsOnes = ({ attemptId, intentId }: Attempt): void => {
    const other = rows.values().find((row) => row.attempt.intentId === intentId);
    if (intentId !== null && other !== undefined && other.attempt.attemptId !== attemptId) {
      throw new ConstraintError(`attempts_by_intent: ${intentId}`);
    }
  };

  const change = (row: AttemptRow, wanted: AttemptChange): AppliedChange => {
    const transition = applyChange(row.attempt, wanted);
    const { attempt, message, alarm } = transition;
    const changed = attempt !== row.attempt;
    if (changed) {
      assertIntentIsOnes(attempt);
      const nextCheckMs = nextCheckAtMs(attempt, 0, clock.nowMs());
      rows.set(attempt.attemptId, { ...row, attempt, checks: 0, nextCheckMs });
    }
    const { eventId, orderId } = attempt;
    if (message !== null) outbox.write({ eventId, orderId, ...message });
    const matter = matterOf(row.attempt, wanted, transition);
    if (matter !== null) reviews.open(matter, BY_A_PERSON.has(row.attempt.status));
    return { attempt, changed, duplicate: false, said: message !== null, alarm };
  };

  const reviews = createReviewModel({
    db,
    clock,
    ids,
    findAttempt: (attemptId) => rows.get(attemptId)?.attempt ?? null,
    changeAttempt(attemptId, wanted) {
      const row = rows.get(attemptId);
      return row === undefined ? null : change(row, wanted);
    },
  });

  const newestOf = (orderId: string): AttemptRow | undefined =>
    rows.values().findLast((row) => row.attempt.orderId === orderId);

  const begin = (attempt: Attempt): Attempt => {
    const standing = rows.get(attempt.attemptId);
    if (standing !== undefined) return standing.attempt;
    const nextCheckMs = nextCheckAtMs(attempt, 0, clock.nowMs());
    rows.set(attempt.attemptId, { attempt, checks: 0, nextCheckMs, leasedUntilMs: 0 });
    return attempt;
  };

  const store: PaymentStore = {
    begin: async (attempt) => begin(attempt),
    adopt: async (attempt, matter) =>
      db.atomically(() => {
        // Somebody else's attempt may have this intent already: then there is nothing to insert.
        const known = rows.values().some((row) => row.attempt.intentId === attempt.intentId);
        if (attempt.intentId === null || !known) begin(attempt);
        return reviews.open(matter, false);
      }),
    find: async (attemptId) => rows.get(attemptId)?.attempt ?? null,
    findByIntent: async (intentId) =>
      rows.values().find((row) => row.attempt.intentId === intentId)?.attempt ?? null,
    findByOrder: async (orderId) => newestOf(orderId)?.attempt ?? null,
    apply: async (attemptId, wanted, gatewayEventId) =>
      db.atomically(() => {
        const row = rows.get(attemptId);
        if (row === undefined) return null;
        if (gatewayEventId !== undefined) {
          if (gatewayEvents.has(gatewayEventId)) {
            return { attempt: row.attempt, changed: false, duplicate: true, said: false, alarm: null };
          }
          gatewayEvents.set(gatewayEventId, true);
        }
        return change(row, wanted);
      }),
    receive: async (message, wanted) =>
      db.atomically(() => {
        if (inbox.has(message.id)) return { kind: 'repeat' };
        const row = newestOf(message.orderId);
        if (row === undefined) return { kind: 'no_attempt' };
        inbox.set(message.id, true);
        return { kind: 'counted', applied: wanted === null ? null : change(row, wanted) };
      }),
    sayAgain: async (orderId) => outbox.sayAgain(orderId),
    async claimDue(limit, leaseMs) {
      const nowMs = clock.nowMs();
      const due = rows
        .values()
        .filter((row) => row.nextCheckMs !== null && row.nextCheckMs <= nowMs && row.leasedUntilMs <= nowMs)
        .sort((a, b) => (a.nextCheckMs ?? 0) - (b.nextCheckMs ?? 0))
        .slice(0, limit);
      return due.map((row) => {
        const { attempt } = row;
        const checks = row.checks + 1;
        const nextCheckMs = nextCheckAtMs(attempt, checks, nowMs);
        rows.set(attempt.attemptId, { attempt, checks, nextCheckMs, leasedUntilMs: nowMs + leaseMs });
        return { attempt, overdue: attempt.payByMs <= nowMs };
      });
    },
    async release(attemptId) {
      const row = rows.get(attemptId);
      if (row !== undefined) rows.set(attemptId, { ...row, leasedUntilMs: 0 });
    },
    page: async (after, limit) =>
      rows
        .values()
        .map((row) => row.attempt)
        .sort((a, b) => (a.attemptId < b.attemptId ? -1 : 1))
        .filter((attempt) => after === null || attempt.attemptId > after)
        .slice(0, limit),
  };

  return {
    store,
    outbox: outbox.port,
    reviews: reviews.port,
    said: () => outbox.said(),
    matters: () => reviews.matters(),
    attempts: () => rows.values().map((row) => row.attempt),
    unsent: (eventId) => outbox.unsent(eventId),
    loseQueue: () => outbox.lose(),
  };
};
