import { randomUUID } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import type { AttemptChange } from '../../src/domain/attempt.ts';
import type { IntentStatus } from '../../src/domain/ports/payment-gateway.ts';
import type { ReviewMatter } from '../../src/domain/review.ts';
import { anAttempt, confirmedOf, intentOf } from '../payments/payment-store-rules.ts';
import { testPostgres } from '../support/servers.ts';
import { askBoth, names, openTwoWorlds, QUARTER_MS, type Side } from './two-worlds.ts';

const RUNS = 15;
/** Some seconds on a free machine; machines are not always free. */
const LONGEST_MS = 600_000;
const SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? Date.now() % 1_000_000);
const hours = (count: number, quarters: number): number => (count * 4 + quarters) * QUARTER_MS;

const attempt = fc.nat({ max: 2 });
const status = fc.constantFrom<IntentStatus>('open', 'processing', 'authorised', 'captured', 'cancelled');
const change = fc.oneof(
  fc.record({
    type: fc.constantFrom('intentSeen', 'captureRefused', 'cancelRefused', 'refundRefused'),
    status,
    refunded: fc.boolean(),
  }),
  fc.record({ type: fc.constantFrom('openRefused', 'captureWanted') }),
  fc.record({
    type: fc.constantFrom('cancelWanted', 'returnWanted'),
    reason: fc.constantFrom('cancelled', 'expired', 'seats_lost', 'amount_mismatch', 'unknown_order'),
  }),
);

const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('begin' as const), attempt }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('apply' as const),
      attempt,
      change,
      event: fc.option(fc.nat({ max: 5 })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('receive' as const),
      attempt,
      change: fc.option(change),
      message: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('adopt' as const), attempt, matter: fc.nat({ max: 2 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('resolve' as const),
      nth: fc.nat({ max: 3 }),
      action: fc.constantFrom('refund' as const, 'honour' as const, 'dismiss' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sayAgain' as const), attempt }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('waitAndClaim' as const), hours: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), attempt }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('outbox' as const), give: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('recover' as const),
      lost: fc.constantFrom('tickets' as const, 'payments' as const, null),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('look' as const), attempt }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const keyOf = ({ kind, paymentRef }: ReviewMatter): string => `${kind}/${paymentRef}`;

const createRun = () => {
  const [ids, orders, messages] = [names(3), names(2), names(6)];
  const bornMs = Date.now();
  // Two attempts share an order: only the newest of them is the order's.
  const wanted = ids.map((attemptId, index) =>
    anAttempt({ attemptId, orderId: orders[index % 2] ?? '', payByMs: bornMs + hours(index, 1) }),
  );
  const of = (index: number) => wanted[index] as (typeof wanted)[number];

  /** As it would be made by that side's clock. */
  const asOf = (side: Side, index: number) => ({
    ...of(index),
    payByMs: of(index).payByMs + Math.round(side.nowMs() - Date.now()),
  });

  const changeOf = (index: number, { type, ...rest }: Change): AttemptChange => {
    if (!('status' in rest)) return { type, ...rest } as AttemptChange;
    const refundedMinor = rest.refunded && rest.status === 'captured' ? of(index).amountMinor : 0;
    return { type, intent: intentOf(of(index), { status: rest.status, refundedMinor }) } as AttemptChange;
  };

  return (one: Operation) =>
    async (side: Side): Promise<unknown> => {
      const { payments, paymentOutbox } = side.ports;
      switch (one.do) {
        case 'begin':
          return payments.begin(asOf(side, one.attempt));
        case 'apply':
          return payments.apply(
            of(one.attempt).attemptId,
            changeOf(one.attempt, one.change),
            one.event === null ? undefined : `evt_${one.event}`,
          );
        case 'receive': {
          const wish = one.change === null ? null : changeOf(one.attempt, one.change);
          return payments.receive(confirmedOf(of(one.attempt), messages[one.message]), wish);
        }
        case 'adopt': {
          const { attemptId, orderId } = of(one.matter);
          const matter = {
            kind: 'unknown_order',
            paymentRef: `pi_${one.matter}`,
            attemptId,
            orderId,
          } as const;
          const adopted = {
            ...asOf(side, one.attempt),
            status: 'review',
            intentId: `pi_${one.matter}`,
          } as const;
          return payments.adopt(adopted, { ...matter, details: { matter: one.matter } });
        }
        case 'resolve': {
          const all = await side.ports.reviews.list('all', 50);
          const named = all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
          const { reviewId = randomUUID() } = named[one.nth] ?? {};
          const decision = { action: one.action, note: 'seen', by: 'somebody' };
          return [
            await side.ports.reviews.resolve(reviewId, decision),
            await side.ports.reviews.list('open', 50),
          ];
        }
        case 'sayAgain':
          return payments.sayAgain(of(one.attempt).orderId);
        case 'waitAndClaim':
          await side.advance(hours(one.hours, 0));
          return payments.claimDue(50, hours(1, 2));
        case 'release':
          await payments.release(of(one.attempt).attemptId);
          return null;
        case 'recover': {
          if (one.lost !== null) await side.noteLostQueue(one.lost);
          const again = await paymentOutbox.recover();
          // They are said one after the other, a millisecond apart.
          await side.advance(1_000);
          return again;
        }
        case 'outbox': {
          // What is sent later was sent later, on either side.
          await side.advance(1);
          const rows = await paymentOutbox.claim(2, hours(1, 2));
          const said = rows.map((row) => row.id);
          await (one.give ? paymentOutbox.giveBack(said) : paymentOutbox.markSent(said.slice(0, 1)));
          return { rows, unsent: (await paymentOutbox.backlog()).unsent };
        }
        default:
          return [
            await payments.find(of(one.attempt).attemptId),
            await payments.findByOrder(of(one.attempt).orderId),
            await payments.findByIntent(intentOf(of(one.attempt)).intentId),
            await payments.page(null, 2),
          ];
      }
    };
};

test('Postgres and its model answer every sequence of operations of the payment store alike', async (t) => {
  t.timeout(LONGEST_MS);
  const server = await testPostgres(t);
  if (server === null) return;
  t.log(`seed ${SEED}`);
  const done = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 25, maxLength: 50 }), async (operations) => {
      const worlds = await openTwoWorlds(server.pool);
      const run = createRun();
      for (const one of operations) {
        await askBoth(worlds, JSON.stringify(one), run(one));
        done.add(one.do);
      }
      for (const index of [0, 1, 2])
        await askBoth(worlds, `attempt ${index}`, run({ do: 'look', attempt: index }));
    }),
    { numRuns: RUNS, seed: SEED, includeErrorInReport: true },
  );
  t.is(done.size, 11, 'every kind of operation took place');
});
