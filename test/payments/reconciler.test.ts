import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { Attempt, AttemptStatus } from '../../src/domain/attempt.ts';
import type { AuditEntry } from '../../src/domain/ports/event-store.ts';
import type { Intent } from '../../src/domain/ports/payment-gateway.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { createAttemptLedger } from '../../src/payments/attempt-ledger.ts';
import { createReconciler, GRACE_MS } from '../../src/payments/reconciler.ts';
import { ScriptedGateway } from '../../src/simulation/model/payment-gateway.ts';
import { createPaymentModel } from '../../src/simulation/model/payment-store.ts';
import { createReconciliationModel } from '../../src/simulation/model/reconciliation-store.ts';
import { anAttempt } from './payment-store-rules.ts';
import { createVirtualClock } from './virtual-clock.ts';

const EVERY_MS = 60_000;

/** Attempts and intents as a test puts them there, and time that passes only when told. */
const createBooks = () => {
  const clock = createVirtualClock();
  const gateway = new ScriptedGateway();
  const { store: attempts, reviews } = createPaymentModel(clock, systemIds);
  const store = createReconciliationModel(clock, attempts);
  const audited: Omit<AuditEntry, 'at'>[] = [];
  const alarms: string[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (context: object) => void alarms.push((context as { alarm?: string }).alarm ?? 'error'),
  };
  const copy = () =>
    createReconciler({
      store,
      reviews,
      attempts,
      gateway,
      ledger: createAttemptLedger({ store: attempts, log, nudgeOutbox: () => undefined }),
      audit: { append: async (entry) => void audited.push(entry) },
      clock,
      random: { next: () => 0.5 },
      log,
      everyMs: EVERY_MS,
    });
  const reconciler = copy();

  const intentOf = (attempt: Attempt, change: Partial<Intent> = {}): Intent => {
    const { attemptId, orderId, eventId, amountMinor, currency } = attempt;
    const intentId = change.intentId ?? attempt.intentId ?? `pi_${attemptId}`;
    const intent: Intent = {
      intentId,
      attemptId,
      orderId,
      eventId,
      amountMinor,
      currency: currency.toLowerCase(),
      status: 'open',
      capturedMinor: 0,
      refundedMinor: 0,
      declineCode: null,
      ...change,
    };
    gateway.intents.set(intentId, intent);
    return intent;
  };
  const captured = (attempt: Attempt, change: Partial<Intent> = {}): Intent =>
    intentOf(attempt, { status: 'captured', capturedMinor: attempt.amountMinor, ...change });
  /** An attempt with an intent of its own; `begin` stores it as it is. */
  const attemptAt = (status: AttemptStatus, change: Partial<Attempt> = {}): Promise<Attempt> => {
    const attemptId = randomUUID();
    return attempts.begin({
      ...anAttempt(),
      attemptId,
      orderId: randomUUID(),
      status,
      intentId: status === 'new' ? null : `pi_${attemptId}`,
      ...change,
    });
  };
  const look = async () => {
    await clock.advance(EVERY_MS);
    if (!(await reconciler.look())) throw new Error('it was not its turn');
    const report = await store.report();
    if (report === null) throw new Error('nothing was reported');
    return report;
  };
  /** Looks until what was there at the first look has stood for longer than work under way explains. */
  const lookLong = async () => {
    let report = await look();
    for (let waitedMs = 0; waitedMs < GRACE_MS; waitedMs += EVERY_MS) report = await look();
    return report;
  };
  const moves = () => gateway.calls.filter((call) => !call.startsWith('read'));
  const statusOf = async ({ attemptId }: Attempt) => (await attempts.find(attemptId))?.status;
  return {
    clock,
    gateway,
    attempts,
    reviews,
    store,
    audited,
    alarms,
    reconciler,
    copy,
    intentOf,
    captured,
    attemptAt,
    look,
    lookLong,
    moves,
    statusOf,
  };
};

type Report = Awaited<ReturnType<ReturnType<typeof createBooks>['look']>>;
const classesOf = (report: Report) =>
  Object.fromEntries(report.lines.map((line) => [line.class, [line.payments, line.amountMinor]]));
const kindsOf = (report: Report) => report.differences.map((one) => one.kind);

test('ledgers that agree are left alone, and all taken money is in exactly one class', async (t) => {
  const books = createBooks();
  const { amountMinor } = anAttempt();
  books.captured(await books.attemptAt('captured'));
  books.captured(await books.attemptAt('capturing'));
  books.captured(await books.attemptAt('refunding'));
  books.captured(await books.attemptAt('refunded'), { refundedMinor: amountMinor });
  books.captured(await books.attemptAt('review'));
  // A person had it let go before it was taken.
  books.intentOf(await books.attemptAt('refunded'), { status: 'cancelled' });
  books.intentOf(await books.attemptAt('open'));
  books.intentOf(await books.attemptAt('authorised'), { status: 'authorised' });
  books.intentOf(await books.attemptAt('cancelled'), { status: 'cancelled' });
  const report = await books.lookLong();
  t.deepEqual(report.differences, []);
  t.is(report.unbalanced, 0);
  t.deepEqual(classesOf(report), {
    sold: [2, 2 * amountMinor],
    refund_pending: [1, amountMinor],
    refunded: [1, amountMinor],
    review: [1, amountMinor],
  });
  t.deepEqual(books.gateway.calls, []);
  t.deepEqual(books.audited, []);
});

test('an intent of one of our events that no attempt stands for is cancelled if nothing was taken, else returned', async (t) => {
  const books = createBooks();
  const known = await books.attemptAt('captured');
  books.captured(known);
  const reserved = books.intentOf(anAttempt({ attemptId: randomUUID(), eventId: known.eventId }), {
    status: 'authorised',
  });
  const taken = books.captured(anAttempt({ attemptId: randomUUID(), eventId: known.eventId }));
  const young = await books.look();
  t.deepEqual(kindsOf(young), ['unknown_intent', 'unknown_intent']);
  t.deepEqual(books.moves(), [], 'it may be work under way');
  t.is(young.unbalanced, 0);
  t.deepEqual(classesOf(young)['under_way'], [1, taken.amountMinor]);

  await books.lookLong();
  t.deepEqual(books.gateway.effects.toSorted(), ['cancelled', 'refunded']);
  t.is(books.gateway.of(reserved.intentId).status, 'cancelled');
  t.is(books.gateway.of(taken.intentId).refundedMinor, taken.amountMinor);
  t.deepEqual(
    new Set(books.audited.map(({ actor, action, target }) => `${actor} ${action} ${target}`)),
    new Set([`reconciler money.cancel ${reserved.intentId}`, `reconciler money.refund ${taken.intentId}`]),
  );
  t.deepEqual((await books.look()).differences, []);
});

test('money of an event that we do not know is another installation’s: it is shown for review and never touched', async (t) => {
  const books = createBooks();
  const theirs = books.captured(anAttempt({ attemptId: randomUUID(), eventId: randomUUID() }));
  books.captured(anAttempt(), { intentId: 'pi_shop', attemptId: null, orderId: null, eventId: null });
  books.captured(anAttempt(), { intentId: 'pi_odd', attemptId: 'not an id of ours' });
  const report = await books.lookLong();
  t.deepEqual(
    report.differences.map((one) => [one.subject, one.remedy]),
    [[theirs.intentId, 'review']],
  );
  t.is(report.unbalanced, 0);
  t.deepEqual(classesOf(report), { review: [1, theirs.amountMinor] });
  t.deepEqual(books.moves(), []);
});

test('a second intent of an attempt is ended, and never with the keys of the first', async (t) => {
  const books = createBooks();
  const attempt = await books.attemptAt('captured');
  books.captured(attempt);
  const second = books.captured(attempt, { intentId: 'pi_second' });
  await books.lookLong();
  t.is(books.gateway.of('pi_second').refundedMinor, second.amountMinor);
  t.is(books.gateway.of(attempt.intentId ?? '').refundedMinor, 0);
  await books.gateway.refund(attempt.intentId ?? '', attempt.attemptId);
  t.is(books.gateway.of(attempt.intentId ?? '').refundedMinor, attempt.amountMinor, 'its own key is unused');
});

test('an attempt that missed what happened at the gateway learns it through its own transition', async (t) => {
  const books = createBooks();
  const paid = await books.attemptAt('open');
  books.intentOf(paid, { status: 'authorised' });
  const lost = await books.attemptAt('new');
  books.intentOf(lost);
  const late = await books.attemptAt('cancelled');
  books.captured(late);
  await books.lookLong();
  t.is(await books.statusOf(paid), 'authorised');
  t.is(await books.statusOf(lost), 'open');
  t.not(await books.statusOf(late), 'cancelled', 'late money is on its way to an end');
  t.deepEqual(books.moves(), [], 'what follows is the sweeper’s work');
  t.true(books.alarms.includes('late_money'));
  t.is(books.audited.length, 3);
});

test('another amount than was asked for ends where the transition puts it: reserved it is given up, taken it waits for a person', async (t) => {
  const books = createBooks();
  const asked = await books.attemptAt('authorised');
  books.captured(asked, { amountMinor: asked.amountMinor + 1, capturedMinor: asked.amountMinor + 1 });
  const report = await books.lookLong();
  t.is(await books.statusOf(asked), 'review');
  t.is(report.unbalanced, 0);
  t.deepEqual(classesOf(await books.look()), { review: [1, asked.amountMinor + 1] });
});

test('taken money that no transition and no remedy brings anywhere is unbalanced, counted and alarmed, until it is not', async (t) => {
  const books = createBooks();
  const sold = await books.attemptAt('captured');
  // Kept with another sum than was sold for: the transition says that it cannot be.
  books.captured(sold, { capturedMinor: sold.amountMinor - 1 });
  t.is((await books.look()).unbalanced, 0, 'it may be work under way');
  const report = await books.lookLong();
  t.is(report.unbalanced, 1);
  t.deepEqual(classesOf(report), { unbalanced: [1, sold.amountMinor - 1] });
  t.true(books.alarms.includes('unbalanced'));
  books.captured(sold);
  t.is((await books.look()).unbalanced, 0);
});

test('a part that went back is for a person', async (t) => {
  const books = createBooks();
  const sold = await books.attemptAt('captured');
  books.captured(sold, { refundedMinor: 1 });
  const report = await books.lookLong();
  t.deepEqual(
    report.differences.map((one) => [one.kind, one.remedy]),
    [['state', 'review']],
  );
  t.deepEqual(classesOf(report), { review: [1, sold.amountMinor - 1] });
});

test('an attempt whose intent the gateway does not have is found', async (t) => {
  const books = createBooks();
  const attempt = await books.attemptAt('authorised');
  const report = await books.lookLong();
  t.deepEqual(
    report.differences.map((one) => [one.kind, one.attemptId]),
    [['missing', attempt.attemptId]],
  );
});

test('what each look sees elsewhere is work under way, however long it takes', async (t) => {
  const books = createBooks();
  const attempt = await books.attemptAt('new');
  for (const status of ['open', 'processing', 'authorised', 'processing', 'open', 'authorised'] as const) {
    books.intentOf(attempt, { status });
    await books.look();
  }
  t.is(await books.statusOf(attempt), 'new');
  t.is(books.audited.length, 0);
});

test('a remedy looks afresh: what has been set right since the look is left alone', async (t) => {
  const books = createBooks();
  const attempt = await books.attemptAt('captured');
  books.captured(attempt);
  const stray = books.captured(anAttempt({ attemptId: randomUUID(), eventId: attempt.eventId }));
  await books.look();
  await books.look();
  // Its attempt turns up between the look and the remedy.
  books.gateway.read = async (intentId) => {
    await books.attempts.begin({
      ...anAttempt({ attemptId: stray.attemptId ?? '', eventId: attempt.eventId }),
      orderId: stray.orderId ?? '',
      intentId,
      status: 'captured',
    });
    return { kind: 'ok', value: books.gateway.of(intentId) };
  };
  await books.look();
  t.is(books.gateway.of(stray.intentId).refundedMinor, 0);
  t.deepEqual(books.audited, []);
});

test('a gateway that gives no word is asked again, and nothing is recorded as done', async (t) => {
  const books = createBooks();
  const attempt = await books.attemptAt('captured');
  books.captured(attempt);
  const stray = books.captured(anAttempt({ attemptId: randomUUID(), eventId: attempt.eventId }));
  books.gateway.fail('refund', 'after');
  const report = await books.lookLong();
  t.is(report.unbalanced, 1);
  t.deepEqual(books.audited, []);
  await books.look();
  t.deepEqual(books.gateway.effects, ['refunded'], 'the same key: once');
  t.is(books.gateway.of(stray.intentId).refundedMinor, stray.amountMinor);
});

test('of many copies one looks in each turn, and one whose ledger broke off leaves the turn free and the report as it was', async (t) => {
  const books = createBooks();
  books.captured(await books.attemptAt('captured'));
  const report = await books.look();
  const other = books.copy();
  t.false(await other.look());
  await books.clock.advance(EVERY_MS);
  t.deepEqual((await Promise.all([books.reconciler.look(), other.look()])).toSorted(), [false, true]);

  await books.clock.advance(EVERY_MS);
  books.gateway.ledger = async function* () {
    yield [...books.gateway.intents.values()][0] as Intent;
    throw new Error('the second page was lost');
  };
  await t.throwsAsync(other.look(), { message: /second page/ });
  t.deepEqual((await books.store.report())?.lines, report.lines);
  await books.clock.advance(EVERY_MS);
  await t.throwsAsync(books.reconciler.look(), { message: /second page/ }, 'its turn, at once');
});

test('what is older than the ledger’s window goes on standing until the gateway shows that it is settled', async (t) => {
  const books = createBooks();
  const known = await books.attemptAt('captured');
  books.captured(known);
  const theirs = books.captured(anAttempt({ attemptId: randomUUID(), eventId: randomUUID() }));
  await books.look();
  books.gateway.ledger = async function* () {
    yield books.gateway.of(known.intentId ?? '');
  };
  t.deepEqual(
    (await books.look()).differences.map((one) => one.subject),
    [theirs.intentId],
  );
  books.gateway.down = true;
  t.deepEqual(
    (await books.look()).differences.map((one) => one.subject),
    [theirs.intentId],
    'no word',
  );
  books.gateway.down = false;
  books.gateway.happens(theirs.intentId, ['captured'], { refundedMinor: theirs.capturedMinor });
  t.deepEqual((await books.look()).differences, []);
});

test('started it looks again and again until it is stopped', async (t) => {
  const books = createBooks();
  const stray = anAttempt({ attemptId: randomUUID(), eventId: (await books.attemptAt('new')).eventId });
  books.captured(stray);
  books.reconciler.start();
  await books.clock.advance(GRACE_MS + 3 * EVERY_MS);
  t.deepEqual(books.gateway.effects, ['refunded']);
  await books.reconciler.stop();
  t.is(books.clock.pending(), 0);
});

test('a difference that nothing sets right is one open review, which ends with it and opens again with it', async (t) => {
  const { reviews, captured, attemptAt, gateway, look, lookLong } = createBooks();
  const attempt = await attemptAt('captured');
  const whole = captured(attempt);
  const inPart = { ...whole, refundedMinor: 1 };
  gateway.intents.set(whole.intentId, inPart);
  await look();
  t.deepEqual(await reviews.list('all', 10), [], 'work may be under way');
  await lookLong();
  await look();
  const [review, ...others] = await reviews.list('open', 10);
  t.deepEqual(others, []);
  t.like(review, {
    kind: 'ledger_mismatch',
    paymentRef: whole.intentId,
    attemptId: null,
    orderId: attempt.orderId,
  });

  gateway.intents.set(whole.intentId, whole);
  await look();
  t.deepEqual(await reviews.list('open', 10), []);
  t.like((await reviews.list('all', 10))[0]?.resolution, { action: 'dismiss', by: 'reconciler' });

  gateway.intents.set(whole.intentId, inPart);
  await lookLong();
  t.deepEqual(
    (await reviews.list('open', 10)).map(({ reviewId }) => reviewId),
    [review?.reviewId],
    'one matter, open again',
  );
  await reviews.resolve(review?.reviewId ?? '', { action: 'dismiss', note: 'agreed by phone', by: 'ana' });
  await look();
  t.deepEqual(await reviews.list('open', 10), [], 'what a person has decided stays decided');
});

test('what a remedy sets right is nobody’s matter', async (t) => {
  const { reviews, captured, attemptAt, lookLong } = createBooks();
  captured(await attemptAt('authorised'));
  await lookLong();
  t.deepEqual(await reviews.list('all', 10), []);
});
