import type { Attempt } from '../domain/attempt.ts';
import type { Clock, Random } from '../domain/ports/environment.ts';
import type { AuditLog } from '../domain/ports/event-store.ts';
import type { Intent, PaymentGateway } from '../domain/ports/payment-gateway.ts';
import type { PaymentStore } from '../domain/ports/payment-store.ts';
import type { ReconciliationStore } from '../domain/ports/reconciliation-store.ts';
import type { ReviewStore } from '../domain/ports/review-store.ts';
import { classOf, compare, isOurs, missing, type Difference } from '../domain/reconciliation.ts';
import { mismatchOf } from '../domain/review.ts';
import type { AttemptLedger } from './attempt-ledger.ts';
import { createMoneyTally } from './money-tally.ts';
import { createLoop } from './loop.ts';
import type { PaymentLog } from './payment-log.ts';
import { createRemedies } from './remedies.ts';

export interface ReconcilerOptions {
  readonly store: ReconciliationStore;
  readonly reviews: Pick<ReviewStore, 'settleMismatches'>;
  readonly attempts: Pick<PaymentStore, 'find'>;
  readonly gateway: Pick<PaymentGateway, 'ledger' | 'read' | 'cancel' | 'refund'>;
  readonly ledger: Pick<AttemptLedger, 'apply'>;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: PaymentLog;
  /** Between the beginnings of two looks, of all copies together. */
  readonly everyMs: number;
}

export interface Reconciler {
  start(): void;
  /** Begins nothing more; resolves when the look under way has come to its end. */
  stop(): Promise<void>;
  /** A look now, if it is time for one and no other copy is at it; whether it was. */
  look(): Promise<boolean>;
}

/**
 * What differs for less is work under way: a webhook on its way, a sweep to come, a lost answer that is asked for again. Well
 * above the sweeper's own patience, which is half a minute.
 */
export const GRACE_MS = 120_000;
/** A look that takes longer has died, or the gateway hangs at every page. */
const LEASE_MS = 300_000;
/** Money moves weeks later only by somebody's hand; what stood open before goes on being looked at one by one. */
const LOOK_BACK_MS = 7 * 24 * 3_600_000;
/** An attempt is older than its intent; by clocks that disagree it may be the younger one. */
const CLOCKS_APART_MS = 3_600_000;
const PAGE = 500;
/** Of what is older than the ledger's window, so many are asked after in one look. */
const OLD_MAX = 200;

async function* pagesOf(ledger: AsyncIterable<Intent>): AsyncGenerator<readonly Intent[]> {
  let page: Intent[] = [];
  for await (const intent of ledger) {
    page.push(intent);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/**
 * Holds the gateway's ledger against ours, both ways, and sets right what stands longer than work under way explains. Any
 * number of copies may run: one looks at a time. It only sees, tells the attempt's own transition what it saw, or ends
 * intents that no attempt stands for; each remedy looks afresh first, so it never acts on what was true before.
 */
export const createReconciler = (options: ReconcilerOptions): Reconciler => {
  const { store, gateway, clock, random, log, everyMs } = options;
  const remedy = createRemedies(options);

  /** What differs of these intents; the money of the others is put into its class. */
  const differencesOf = async (
    intents: readonly Intent[],
    tally: ReturnType<typeof createMoneyTally>,
  ): Promise<readonly Difference[]> => {
    const ours = intents.filter(isOurs);
    if (ours.length === 0) return [];
    const found = await store.attempts(ours.flatMap((intent) => intent.attemptId ?? []));
    const attempts = new Map(found.map((attempt) => [attempt.attemptId, attempt]));
    const attemptOf = (intent: Intent): Attempt | null => attempts.get(intent.attemptId ?? '') ?? null;
    const strangers = ours.filter((intent) => attemptOf(intent) === null);
    const sold = new Set(await store.eventsSold(strangers.flatMap((intent) => intent.eventId ?? [])));
    return ours.flatMap((intent) => {
      const attempt = attemptOf(intent);
      const difference = compare(intent, attempt, sold.has(intent.eventId ?? ''));
      if (difference !== null) return [difference];
      const name = classOf(intent, attempt);
      if (name !== null) tally.add(name, intent.currency, intent.capturedMinor);
      return [];
    });
  };

  /** The other way: attempts that name an intent which the ledger does not have. */
  const missingFrom = async (seen: ReadonlySet<string>): Promise<readonly Difference[]> => {
    const found: Difference[] = [];
    for (let after: string | null = null; ;) {
      const page: readonly Attempt[] = await store.attemptsWithIntent(
        LOOK_BACK_MS - CLOCKS_APART_MS,
        after,
        PAGE,
      );
      found.push(...page.filter(({ intentId }) => !seen.has(intentId ?? '')).map(missing));
      after = page.at(-1)?.attemptId ?? null;
      if (page.length < PAGE) return found;
    }
  };

  /** What stood and is older than the window: it stands until the gateway shows that it does not. */
  const oldOnes = async (
    seen: ReadonlySet<string>,
    tally: ReturnType<typeof createMoneyTally>,
  ): Promise<readonly Difference[]> => {
    const old = (await store.standing()).filter(
      ({ kind, intentId }) => kind !== 'missing' && intentId !== null && !seen.has(intentId),
    );
    const found: Difference[] = [];
    for (const [index, difference] of old.entries()) {
      const answer = index < OLD_MAX ? await gateway.read(difference.intentId ?? '') : null;
      if (answer?.kind === 'ok') found.push(...(await differencesOf([answer.value], tally)));
      else found.push(difference);
    }
    return found;
  };

  const compareLedgers = async (): Promise<void> => {
    const tally = createMoneyTally();
    const seen = new Set<string>();
    const found: Difference[] = [];
    for await (const page of pagesOf(gateway.ledger(undefined, clock.nowMs() - LOOK_BACK_MS))) {
      for (const intent of page) seen.add(intent.intentId);
      found.push(...(await differencesOf(page, tally)));
    }
    found.push(...(await missingFrom(seen)), ...(await oldOnes(seen, tally)));
    // By subject: two attempts may name one intent between them only by a fault, and a row holds one.
    const bySubject = new Map(found.map((difference) => [difference.subject, difference]));
    const left: Difference[] = [];
    for (const difference of await store.record([...bySubject.values()])) {
      const young = difference.standingMs < GRACE_MS;
      const settling = young || (await remedy(difference));
      tally.addDifference(difference, settling);
      if (!settling) left.push(difference);
    }
    const told = await options.reviews.settleMismatches(left.map(mismatchOf), [...bySubject.keys()]);
    if (told.opened > 0 || told.closed > 0)
      log.warn(told, 'differences of the ledgers wait for a person, or no longer do');
    const outcome = tally.outcome();
    if (outcome.unbalanced > 0)
      log.error({ alarm: 'unbalanced', ...outcome }, 'taken money has neither tickets nor a way back');
    await store.finish(outcome);
  };

  const look = async (): Promise<boolean> => {
    if (!(await store.claim(everyMs, LEASE_MS))) return false;
    try {
      await compareLedgers();
    } finally {
      await store.release();
    }
    return true;
  };

  // Each copy asks more often than it is anybody's turn, so that a copy that died is not missed for long.
  const loop = createLoop(look, {
    clock,
    random,
    everyMs: everyMs / 2,
    onError: (error) => log.warn({ err: error }, 'the ledgers could not be compared'),
  });

  return { start: () => loop.start(), stop: () => loop.stop(), look };
};
