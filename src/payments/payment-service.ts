import { newAttempt, type Attempt, type AttemptStatus } from '../domain/attempt.ts';
import { wantOf } from '../domain/attempt-schedule.ts';
import type { Order } from '../domain/order.ts';
import type { Clock, Random } from '../domain/ports/environment.ts';
import type { Delivery, MessageBus } from '../domain/ports/message-bus.ts';
import type { Outbox } from '../domain/ports/outbox.ts';
import type { PaymentGateway } from '../domain/ports/payment-gateway.ts';
import type { PaymentStore } from '../domain/ports/payment-store.ts';
import type { ReviewStore } from '../domain/ports/review-store.ts';
import type { CheckoutView, PaymentService } from '../domain/ports/services.ts';
import { refuse } from '../domain/refusal.ts';
import { startOutboxRelay, type OutboxRelay } from '../streams/outbox-relay.ts';
import { createAttemptLedger } from './attempt-ledger.ts';
import { createBusConsumer, isSameWish } from './bus-consumer.ts';
import { LATE, withinDeadline } from './deadline.ts';
import { createDueWork, type Errand } from './due-work.ts';
import { createLanes } from './lanes.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { PaymentLog } from './payment-log.ts';
import { createSweeper } from './sweeper.ts';
import { createWebhookReceiver } from './webhooks.ts';

export interface PaymentServiceOptions {
  readonly store: PaymentStore;
  readonly reviews: ReviewStore;
  readonly outbox: Outbox;
  readonly gateway: PaymentGateway;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: PaymentLog;
  /** Between two sweeps, and between two polls of the outbox; default 1 s. */
  readonly sweepEveryMs?: number;
  /** A fan's request waits this long for the gateway; default 4 s. */
  readonly checkoutWaitMs?: number;
  /** Bus messages unanswered at once; default 32. */
  readonly prefetch?: number;
}

export interface RunningPaymentService extends PaymentService {
  /** Subscribes to the bus, starts the sweeper and the relay. */
  start(): Promise<void>;
  /** Takes nothing new and lets what is under way finish, for at most 10 s. What is left, the next start finishes. */
  stop(): Promise<void>;
  /** One sweep now: how many attempts were worked on. For operators and tests. */
  sweep(): Promise<number>;
}

/** A fan waits for these, so they have more room than what runs in the background. */
const FAN_CALLS = { running: 64, waiting: 256 };
/** What finds no room here is left to the sweeper. */
const BACKGROUND_CALLS = { running: 8, waiting: 256 };
const SWEEP_CONCURRENCY = 8;
/** Longer than the slowest errand: up to six gateway calls, each bounded by the adapter to a few seconds. */
const LEASE_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

const AUTHORISED: ReadonlySet<AttemptStatus> = new Set(['authorised', 'capturing', 'captured', 'review']);
const RETURNED: ReadonlySet<AttemptStatus> = new Set(['voided', 'refunded']);

/** The checkout of an order: intents, webhooks, capture and return. Everything it does is idempotent by attempt id. */
export const createPaymentService = (options: PaymentServiceOptions): RunningPaymentService => {
  const { store, reviews, outbox, gateway, bus, clock, random, log } = options;
  const sweepEveryMs = options.sweepEveryMs ?? 1_000;
  const checkoutWaitMs = options.checkoutWaitMs ?? 4_000;
  let relay: OutboxRelay | null = null;
  let unsubscribe: (() => Promise<void>) | null = null;
  const deliveries = new Set<Promise<void>>();

  const onFailure = (error: unknown): void =>
    log.warn({ err: error }, 'payment work failed half-way; the sweeper goes on with it');
  const fanLanes = createLanes(FAN_CALLS, onFailure);
  const lanes = createLanes(BACKGROUND_CALLS, onFailure);
  const ledger = createAttemptLedger({ store, log, nudgeOutbox: () => relay?.nudge() });
  const work = oneAtATime(createDueWork({ gateway, ledger, log }));
  const sweeper = createSweeper({
    store,
    work,
    clock,
    random,
    log,
    everyMs: sweepEveryMs,
    concurrency: SWEEP_CONCURRENCY,
    leaseMs: LEASE_MS,
  });

  /** An attempt that somebody asks after when its time to pay is over is looked at, and ended if nobody has paid. */
  const workSoon = (attempt: Attempt, overdue: boolean): void => {
    const want = wantOf(attempt.status);
    if (want === null || (want === 'look' && !overdue)) return;
    lanes.run(() => work.perform(attempt, { look: overdue, end: overdue ? 'expired' : null }));
  };
  const receiveWebhook = createWebhookReceiver({
    gateway,
    store,
    reviews,
    ledger,
    clock,
    log,
    onChanged: (attempt) => workSoon(attempt, false),
  });
  const consume = createBusConsumer({ store, ledger, log, onWork: workSoon });
  const onDelivery = (delivery: Delivery): void => {
    const handled = consume(delivery).finally(() => deliveries.delete(handled));
    deliveries.add(handled);
  };

  /** Works on it while a fan waits. Null: no room, no word, or no end within the wait; the sweeper goes on. */
  const workNow = async (attempt: Attempt, errand: Errand): Promise<Attempt | null> => {
    const done = new Promise<Attempt | null>((resolve) => {
      const task = (): Promise<void> =>
        work.perform(attempt, errand).then(resolve, (error: unknown) => {
          onFailure(error);
          resolve(null);
        });
      if (!fanLanes.run(task)) resolve(null);
    });
    const result = await withinDeadline(clock, done, checkoutWaitMs);
    return result === LATE ? null : result;
  };

  const viewOf = (attempt: Attempt): CheckoutView => ({
    orderId: attempt.orderId,
    checkoutUrl: attempt.intentId === null ? null : gateway.checkoutUrl(attempt.intentId),
    authorised: AUTHORISED.has(attempt.status),
    returned: RETURNED.has(attempt.status),
  });

  const openCheckout = async (order: Order, description: string): Promise<CheckoutView> => {
    const wanted = newAttempt({ ...order, description });
    const standing = await store.begin(wanted);
    if (!isSameWish(standing, wanted)) {
      throw new Error(`attempt ${order.attemptId} stands for another order or another sum`);
    }
    if (standing.status !== 'new') return viewOf(standing);
    return viewOf((await workNow(standing, { look: false, end: null })) ?? standing);
  };

  const cancel = async (orderId: string): ReturnType<PaymentService['cancel']> => {
    const attempt = await store.findByOrder(orderId);
    if (attempt === null) return 'not_found';
    let after = (await workNow(attempt, { look: true, end: 'cancelled' })) ?? attempt;
    if (after.status === 'new' || after.status === 'open') {
      // The gateway gave no word: the wish is noted all the same, and from here on no authorisation can win.
      after = await ledger.change(after, { type: 'cancelWanted', reason: 'cancelled' });
    }
    if (after.status === 'cancelled') return 'cancelled';
    return after.status === 'cancelling' ? 'unknown' : 'too_late';
  };

  return {
    openCheckout,
    cancel,
    receiveWebhook,
    reviews: (state, limit) => reviews.list(state, limit),
    async resolveReview(reviewId, decision) {
      const resolved = await reviews.resolve(reviewId, decision);
      if (resolved.kind === 'not_found') return refuse('not_found');
      if (resolved.kind === 'decided') return refuse('review_decided');
      if (resolved.kind === 'impossible') return refuse('review_action_impossible');
      if (resolved.kind === 'resolved' && resolved.applied !== null) {
        ledger.follow(resolved.applied.result, resolved.applied.change);
        workSoon(resolved.applied.result.attempt, false);
      }
      return { review: resolved.review, repeated: resolved.kind === 'repeat' };
    },
    async findCheckout(orderId) {
      const attempt = await store.findByOrder(orderId);
      return attempt === null ? null : viewOf(attempt);
    },
    sweep: () => sweeper.sweep(),
    async start() {
      unsubscribe = await bus.subscribe('payments', options.prefetch ?? 32, onDelivery);
      relay = startOutboxRelay({
        outbox,
        bus,
        clock,
        random,
        pollMs: sweepEveryMs,
        onRecovered: (messages) =>
          log.warn(
            { messages },
            'a queue of the broker was lost: the payment service says again what it said',
          ),
        onFailure: (error) =>
          log.warn({ err: error }, 'the payment outbox could not be relayed; it will be tried again'),
      });
      sweeper.start();
    },
    async stop() {
      const quiet = async (): Promise<void> => {
        // All are told at once: one that is slow to end must not keep another going.
        await Promise.all([unsubscribe?.(), sweeper.stop(), lanes.close(), fanLanes.close()]);
        await Promise.all(deliveries);
      };
      const ended = Promise.allSettled([quiet(), relay?.stop()]);
      const results = await withinDeadline(clock, ended, STOP_WITHIN_MS);
      if (results === LATE) {
        log.warn({}, 'payment work was still under way at the stop; the next start finishes it');
        return;
      }
      for (const result of results) {
        if (result.status === 'rejected') log.warn({ err: result.reason }, 'the stop met a failure');
      }
    },
  };
};
