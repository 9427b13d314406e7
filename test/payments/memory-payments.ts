import { randomUUID } from 'node:crypto';
import { applyChange, type Attempt, type AttemptChange } from '../../src/domain/attempt.ts';
import { nextCheckAtMs } from '../../src/domain/attempt-schedule.ts';
import type { AnyEnvelope } from '../../src/domain/messages.ts';
import type { Clock } from '../../src/domain/ports/environment.ts';
import type { Outbox } from '../../src/domain/ports/outbox.ts';
import type { AppliedChange, PaymentStore } from '../../src/domain/ports/payment-store.ts';
import type { ReviewStore } from '../../src/domain/ports/review-store.ts';
import { matterOf, type ReviewMatter } from '../../src/domain/review.ts';

interface Row {
  attempt: Attempt;
  checks: number;
  nextCheckMs: number | null;
  leasedUntilMs: number;
}

export interface MemoryPayments {
  readonly store: PaymentStore;
  readonly outbox: Outbox;
  /** Every message ever written to the outbox, in order. */
  readonly said: AnyEnvelope[];
  readonly reviews: ReviewStore;
  /** Every matter ever left to a person, each once. */
  readonly matters: readonly ReviewMatter[];
}

/**
 * The payment store over a virtual clock, for tests of what happens when time passes. It keeps the same rules as the one in
 * Postgres (`payment-store-rules.ts` runs on both).
 */
export const createMemoryPayments = (clock: Clock): MemoryPayments => {
  const rows = new Map<string, Row>();
  const gatewayEvents = new Set<string>();
  const inbox = new Set<string>();
  const said: AnyEnvelope[] = [];
  const leases = new Map<string, number>();
  const unsent = new Set<string>();

  const matters: ReviewMatter[] = [];
  const openMatter = (matter: ReviewMatter): boolean => {
    const isKnown = matters.some((one) => one.kind === matter.kind && one.paymentRef === matter.paymentRef);
    if (!isKnown) matters.push(matter);
    return !isKnown;
  };

  const change = (row: Row, wanted: AttemptChange): AppliedChange => {
    const { attempt, message, alarm } = applyChange(row.attempt, wanted);
    const matter = matterOf(row.attempt, wanted, { attempt, alarm });
    if (matter !== null) openMatter(matter);
    const changed = attempt !== row.attempt;
    if (changed) {
      Object.assign(row, { attempt, checks: 0, nextCheckMs: nextCheckAtMs(attempt, 0, clock.nowMs()) });
    }
    if (message !== null) {
      const { eventId, orderId } = attempt;
      const envelope = {
        id: randomUUID(),
        occurredAtMs: clock.nowMs(),
        eventId,
        orderId,
        ...message,
      } as AnyEnvelope;
      said.push(envelope);
      unsent.add(envelope.id);
    }
    return { attempt, changed, duplicate: false, said: message !== null, alarm };
  };

  const newestOf = (orderId: string): Row | undefined =>
    [...rows.values()].findLast((row) => row.attempt.orderId === orderId);

  const store: PaymentStore = {
    async begin(attempt) {
      const standing = rows.get(attempt.attemptId);
      if (standing !== undefined) return standing.attempt;
      const nextCheckMs = nextCheckAtMs(attempt, 0, clock.nowMs());
      rows.set(attempt.attemptId, { attempt, checks: 0, nextCheckMs, leasedUntilMs: 0 });
      return attempt;
    },
    async adopt(attempt, matter) {
      await store.begin(attempt);
      return openMatter(matter);
    },
    find: async (attemptId) => rows.get(attemptId)?.attempt ?? null,
    findByIntent: async (intentId) =>
      [...rows.values()].find((row) => row.attempt.intentId === intentId)?.attempt ?? null,
    findByOrder: async (orderId) => newestOf(orderId)?.attempt ?? null,
    async apply(attemptId, wanted, gatewayEventId) {
      const row = rows.get(attemptId);
      if (row === undefined) return null;
      if (gatewayEventId !== undefined) {
        if (gatewayEvents.has(gatewayEventId)) {
          return { attempt: row.attempt, changed: false, duplicate: true, said: false, alarm: null };
        }
        gatewayEvents.add(gatewayEventId);
      }
      return change(row, wanted);
    },
    async receive(message, wanted) {
      if (inbox.has(message.id)) return { kind: 'repeat' };
      const row = newestOf(message.orderId);
      if (row === undefined) return { kind: 'no_attempt' };
      inbox.add(message.id);
      return { kind: 'counted', applied: wanted === null ? null : change(row, wanted) };
    },
    async sayAgain(orderId) {
      const sent = said.filter((one) => one.orderId === orderId && !unsent.has(one.id));
      for (const { id } of sent) {
        unsent.add(id);
        leases.delete(id);
      }
      return sent.length > 0;
    },
    async claimDue(limit, leaseMs) {
      const nowMs = clock.nowMs();
      const due = [...rows.values()]
        .filter((row) => row.nextCheckMs !== null && row.nextCheckMs <= nowMs && row.leasedUntilMs <= nowMs)
        .sort((a, b) => (a.nextCheckMs ?? 0) - (b.nextCheckMs ?? 0))
        .slice(0, limit);
      return due.map((row) => {
        row.checks += 1;
        row.leasedUntilMs = nowMs + leaseMs;
        row.nextCheckMs = nextCheckAtMs(row.attempt, row.checks, nowMs);
        return { attempt: row.attempt, overdue: row.attempt.payByMs <= nowMs };
      });
    },
    async release(attemptId) {
      const row = rows.get(attemptId);
      if (row !== undefined) row.leasedUntilMs = 0;
    },
    page: async (after, limit) =>
      [...rows.values()]
        .map((row) => row.attempt)
        .sort((a, b) => (a.attemptId < b.attemptId ? -1 : 1))
        .filter((attempt) => after === null || attempt.attemptId > after)
        .slice(0, limit),
  };

  const outbox: Outbox = {
    async claim(limit, leaseMs) {
      const free = said
        .filter(({ id }) => unsent.has(id) && (leases.get(id) ?? 0) <= clock.nowMs())
        .slice(0, limit);
      for (const { id } of free) leases.set(id, clock.nowMs() + leaseMs);
      return free;
    },
    async markSent(ids) {
      for (const id of ids) unsent.delete(id);
    },
    async giveBack(ids) {
      for (const id of ids) leases.delete(id);
    },
    backlog: async () => ({ unsent: unsent.size, oldestAgeMs: 0 }),
  };
  const reviews: ReviewStore = {
    open: async (matter) => openMatter(matter),
    list: async () => [],
    resolve: async () => ({ kind: 'not_found' }),
  };
  return { store, outbox, said, reviews, matters };
};
