import assert from 'node:assert/strict';
import type { ExecutionContext } from 'ava';
import type { EventDefinition } from '../../src/domain/event.ts';
import type { Order } from '../../src/domain/order.ts';
import type { Intent } from '../../src/domain/ports/payment-gateway.ts';
import type { ListedReview, Review, ReviewAction } from '../../src/domain/review.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { systemClock, systemRandom } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createPostgresBus } from '../../src/infra/postgres/message-bus.ts';
import { createOutbox } from '../../src/infra/postgres/outbox.ts';
import { createPaymentStore } from '../../src/infra/postgres/payment-store.ts';
import { createReviewStore } from '../../src/infra/postgres/review-store.ts';
import { createPaymentService } from '../../src/payments/payment-service.ts';
import { startOutboxRelay } from '../../src/streams/outbox-relay.ts';
import { startSaleCommit } from '../../src/tickets/sale-commit.ts';
import { ScriptedGateway } from '../../src/simulation/model/payment-gateway.ts';
import { eventually } from '../support/eventually.ts';
import type { AdmittedFan } from '../support/sale.ts';
import { openHouse } from './house.ts';

/** Late on a busy machine is no failure. */
const WITHIN_MS = 30_000;

/**
 * A house with both services at work on Postgres, the bus in Postgres between them, and a gateway that does as the test
 * says, also what no gateway should.
 */
export const openBoth = async (t: ExecutionContext, change: Partial<EventDefinition> = {}) => {
  const house = await openHouse(t, change);
  if (house === null) return null;
  const { pool, book } = house;
  const gateway = new ScriptedGateway();
  const bus = createPostgresBus({ pool, clock: systemClock, log: silentLog, pollMs: 50 });
  const relay = startOutboxRelay({
    outbox: createOutbox(pool, 'tickets'),
    bus,
    clock: systemClock,
    random: systemRandom,
    pollMs: 50,
    onFailure: () => undefined,
  });
  const commit = startSaleCommit({
    bus,
    orders: book,
    onSettled: () => relay.nudge(),
    onReport: () => undefined,
    onBroken: (error) => t.fail(String(error)),
  });
  const reviewStore = createReviewStore(pool);
  const service = createPaymentService({
    store: createPaymentStore(pool),
    reviews: reviewStore,
    outbox: createOutbox(pool, 'payments'),
    gateway,
    bus,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    sweepEveryMs: 100,
  });
  await service.start();
  t.teardown(async () => {
    await commit.stop();
    await service.stop();
    await relay.stop();
    await bus.close();
  });

  const intentOf = (order: Order): Intent => {
    const found = [...gateway.intents.values()].find((one) => one.orderId === order.orderId);
    assert.ok(found !== undefined, 'no intent yet');
    return found;
  };
  const tell = async (intent: Intent): ReturnType<typeof service.receiveWebhook> => {
    const { body, signature } = gateway.webhook(intent);
    return service.receiveWebhook(body, signature);
  };
  const reviews = (): Promise<readonly ListedReview[]> => reviewStore.list('open', 100);
  return {
    ...house,
    gateway,
    service,
    reviewStore,
    intentOf,
    tell,
    reviews,
    /** An order with its page at the gateway. */
    async checkout(fan: AdmittedFan, ...groups: readonly (readonly string[])[]): Promise<Order> {
      const order = await house.orderSeats(fan, ...groups);
      await service.openCheckout(order, 'seats');
      return order;
    },
    /** The fan pays, and the gateway says so. */
    async pay(order: Order): Promise<void> {
      assert.ok(gateway.pay(intentOf(order).intentId));
      await tell(intentOf(order));
    },
    /** What a cancelled intent should never do: it takes the money all the same. */
    async chargeAfterCancel(order: Order): Promise<void> {
      const { intentId, amountMinor } = intentOf(order);
      assert.ok(gateway.happens(intentId, ['cancelled'], { status: 'captured', capturedMinor: amountMinor }));
      await tell(intentOf(order));
    },
    until: (order: Order, status: Order['status'], ending: Order['ending'] = null): Promise<Order> =>
      eventually(async () => {
        const now = await book.find(order.orderId);
        assert.deepEqual([now?.status, now?.ending], [status, ending]);
        return now as Order;
      }, WITHIN_MS),
    attemptIs: (order: Order, status: string): Promise<void> =>
      eventually(async () => {
        const { rows } = await pool.query<{ status: string }>(
          'SELECT status FROM payments.attempts WHERE attempt_id = $1',
          [order.attemptId],
        );
        assert.equal(rows[0]?.status, status);
      }, WITHIN_MS),
    /** The one matter that waits for a person. */
    theReview: (): Promise<ListedReview> =>
      eventually(async () => {
        const open = await reviews();
        assert.equal(open.length, 1, JSON.stringify(open));
        return open[0] as ListedReview;
      }, WITHIN_MS),
    async decide(review: Review, action: ReviewAction): Promise<string> {
      const decided = await service.resolveReview(review.reviewId, { action, note: 'n', by: 'ana' });
      return isRefusal(decided) ? decided.code : decided.repeated ? 'repeated' : 'decided';
    },
  };
};
