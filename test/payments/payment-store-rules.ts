import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import { newAttempt, type Attempt, type AttemptChange } from '../../src/domain/attempt.ts';
import type { AnyEnvelope } from '../../src/domain/messages.ts';
import type { Outbox } from '../../src/domain/ports/outbox.ts';
import type { Intent } from '../../src/domain/ports/payment-gateway.ts';
import type { PaymentStore } from '../../src/domain/ports/payment-store.ts';

export const anAttempt = (change: Partial<Attempt> = {}): Attempt => ({
  ...newAttempt({
    attemptId: randomUUID(),
    orderId: randomUUID(),
    eventId: randomUUID(),
    amountMinor: 25_000,
    currency: 'BRL',
    description: 'Noite de Abertura: A-1-1, A-1-2',
    payByMs: 1_900_000_000_123,
  }),
  ...change,
});

export const intentOf = (attempt: Attempt, change: Partial<Intent> = {}): Intent => ({
  intentId: `pi_${attempt.attemptId}`,
  attemptId: attempt.attemptId,
  orderId: attempt.orderId,
  eventId: attempt.eventId,
  status: 'open',
  amountMinor: attempt.amountMinor,
  capturedMinor: change.status === 'captured' ? attempt.amountMinor : 0,
  refundedMinor: 0,
  currency: 'brl',
  declineCode: null,
  ...change,
});

export const seen = (attempt: Attempt, change: Partial<Intent> = {}): AttemptChange => ({
  type: 'intentSeen',
  intent: intentOf(attempt, change),
});

export const confirmedOf = (attempt: Attempt, id: string = randomUUID()): AnyEnvelope => ({
  id,
  type: 'PedidoConfirmado',
  occurredAtMs: 0,
  eventId: attempt.eventId,
  orderId: attempt.orderId,
  data: { seatIds: ['A-1-1'] },
});

interface Parts {
  readonly store: PaymentStore;
  readonly outbox: Outbox;
}

/** What every payment store keeps. */
export const PAYMENT_STORE_RULES: readonly (readonly [
  string,
  (t: ExecutionContext, parts: Parts) => Promise<void>,
])[] = [
  [
    'beginning twice keeps the first, and all fields come back as they went in',
    async (t, { store }) => {
      const attempt = anAttempt();
      t.deepEqual(await store.begin(attempt), attempt);
      t.deepEqual(await store.begin({ ...attempt, amountMinor: 1 }), attempt);
      t.deepEqual(await store.find(attempt.attemptId), attempt);
      t.is(await store.find(randomUUID()), null);
    },
  ],
  [
    'an attempt is found by its intent and by its order',
    async (t, { store }) => {
      const attempt = anAttempt();
      await store.begin(attempt);
      t.is(await store.findByIntent(`pi_${attempt.attemptId}`), null);
      const applied = await store.apply(attempt.attemptId, seen(attempt));
      t.deepEqual(applied?.attempt, { ...attempt, status: 'open', intentId: `pi_${attempt.attemptId}` });
      t.deepEqual(await store.findByIntent(`pi_${attempt.attemptId}`), applied?.attempt);
      t.deepEqual(await store.findByOrder(attempt.orderId), applied?.attempt);
      t.is(await store.findByOrder(randomUUID()), null);
    },
  ],
  [
    'the message is written with the change, once, and comes out of the outbox whole',
    async (t, { store, outbox }) => {
      const attempt = anAttempt();
      await store.begin(attempt);
      const first = await store.apply(attempt.attemptId, seen(attempt, { status: 'authorised' }));
      t.true(first?.changed === true && first.said);
      const again = await store.apply(attempt.attemptId, seen(attempt, { status: 'authorised' }));
      t.true(again?.changed === false && !again.said);
      const rows = await outbox.claim(10, 1_000);
      t.is(rows.length, 1);
      t.like(rows[0], {
        type: 'PagamentoOK',
        eventId: attempt.eventId,
        orderId: attempt.orderId,
        data: { attemptId: attempt.attemptId, amountMinor: 25_000, currency: 'BRL' },
      });
    },
  ],
  [
    'what was sent is said again under its old id, when asked and only then',
    async (t, { store, outbox }) => {
      const [attempt, other] = [anAttempt(), anAttempt()];
      for (const one of [attempt, other]) {
        await store.begin(one);
        t.false(await store.sayAgain(one.orderId), 'nothing was said yet');
        await store.apply(one.attemptId, seen(one, { status: 'authorised' }));
      }
      t.false(await store.sayAgain(attempt.orderId), 'it is still to be sent');
      const ids = (await outbox.claim(10, 60_000)).map((one) => one.id);
      await outbox.markSent(ids);
      t.deepEqual(await outbox.claim(10, 60_000), []);
      t.true(await store.sayAgain(attempt.orderId));
      const again = await outbox.claim(10, 60_000);
      t.deepEqual(
        again.map((one) => one.orderId),
        [attempt.orderId],
      );
      t.true(ids.includes(again[0]?.id ?? ''));
    },
  ],
  [
    'a gateway event counts once, even if its repeat carries other news',
    async (t, { store }) => {
      const attempt = anAttempt();
      await store.begin(attempt);
      const first = await store.apply(attempt.attemptId, seen(attempt), 'evt_1');
      t.false(first?.duplicate);
      const repeat = await store.apply(attempt.attemptId, seen(attempt, { status: 'authorised' }), 'evt_1');
      t.true(repeat?.duplicate);
      t.is((await store.find(attempt.attemptId))?.status, 'open');
    },
  ],
  [
    'an event for an attempt that is not there is not counted, so it can count later',
    async (t, { store }) => {
      const attempt = anAttempt();
      t.is(await store.apply(attempt.attemptId, seen(attempt), 'evt_2'), null);
      await store.begin(attempt);
      t.false((await store.apply(attempt.attemptId, seen(attempt), 'evt_2'))?.duplicate);
    },
  ],
  [
    'a bus message counts once, and not at all while its order has no attempt',
    async (t, { store }) => {
      const attempt = anAttempt();
      const message = confirmedOf(attempt);
      t.deepEqual(await store.receive(message, { type: 'captureWanted' }), { kind: 'no_attempt' });
      await store.begin(attempt);
      await store.apply(attempt.attemptId, seen(attempt, { status: 'authorised' }));
      const counted = await store.receive(message, { type: 'captureWanted' });
      t.is(counted.kind === 'counted' ? counted.applied?.attempt.status : null, 'capturing');
      t.deepEqual(await store.receive(message, { type: 'captureWanted' }), { kind: 'repeat' });
    },
  ],
  [
    'pages go through all attempts once, in order of id',
    async (t, { store }) => {
      const attempts = Array.from({ length: 5 }, () => anAttempt());
      for (const attempt of attempts) await store.begin(attempt);
      const ids: string[] = [];
      for (;;) {
        const page = await store.page(ids.at(-1) ?? null, 2);
        if (page.length === 0) break;
        ids.push(...page.map((one) => one.attemptId));
      }
      t.deepEqual(ids, attempts.map((one) => one.attemptId).sort());
    },
  ],
];
