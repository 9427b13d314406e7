import type { Attempt } from '../../domain/attempt.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { MoneyReport, ReconciliationStore } from '../../domain/ports/reconciliation-store.ts';
import type { PaymentStore } from '../../domain/ports/payment-store.ts';
import { signatureOf, type Difference } from '../../domain/reconciliation.ts';

/** The reconciler's tables over a virtual clock; `test/integration/reconciler.test.ts` runs on the real ones. */
export const createReconciliationModel = (
  clock: Pick<Clock, 'nowMs'>,
  attempts: Pick<PaymentStore, 'page'>,
): ReconciliationStore => {
  let [begunMs, leasedUntilMs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let finished: Omit<MoneyReport, 'differences'> | null = null;
  let differences = new Map<string, { readonly found: Difference; readonly sinceMs: number }>();
  const all = (): Promise<readonly Attempt[]> => attempts.page(null, 1_000_000);
  const standing = () =>
    [...differences.values()].map(({ found, sinceMs }) => ({
      ...found,
      standingMs: clock.nowMs() - sinceMs,
    }));
  return {
    async claim(everyMs, leaseMs) {
      const nowMs = clock.nowMs();
      if (leasedUntilMs > nowMs || begunMs + everyMs > nowMs) return false;
      [begunMs, leasedUntilMs] = [nowMs, nowMs + leaseMs];
      return true;
    },
    attempts: async (ids) => (await all()).filter(({ attemptId }) => ids.includes(attemptId)),
    async eventsSold(ids) {
      const sold = new Set((await all()).map(({ eventId }) => eventId));
      return ids.filter((eventId) => sold.has(eventId));
    },
    attemptsWithIntent: async (_withinMs, after, limit) =>
      (await attempts.page(after, limit)).filter(({ intentId }) => intentId !== null),
    async record(found) {
      differences = new Map(
        found.map((one) => {
          const before = differences.get(one.subject);
          const same = before !== undefined && signatureOf(before.found) === signatureOf(one);
          return [one.subject, { found: one, sinceMs: same ? before.sinceMs : clock.nowMs() }];
        }),
      );
      return standing();
    },
    standing: async () => standing(),
    async release() {
      leasedUntilMs = Number.NEGATIVE_INFINITY;
    },
    async finish(outcome) {
      finished = { ...outcome, lookedAtMs: begunMs };
    },
    report: async () => (finished === null ? null : { ...finished, differences: standing() }),
  };
};
