import test from 'ava';
import fc from 'fast-check';
import {
  applyChange,
  newAttempt,
  signalOf,
  type Attempt,
  type AttemptChange,
  type AttemptMessage,
  type AttemptStatus,
} from '../../src/domain/attempt.ts';
import { wantOf } from '../../src/domain/attempt-schedule.ts';
import { ATTEMPT_STATUSES, RANK, SIGNALS, TABLE, type Signal } from '../../src/domain/attempt-table.ts';
import type { Intent } from '../../src/domain/ports/payment-gateway.ts';

const FRESH: Attempt = newAttempt({
  attemptId: '00000000-0000-4000-8000-000000000001',
  orderId: '00000000-0000-4000-8000-000000000002',
  eventId: '00000000-0000-4000-8000-000000000003',
  amountMinor: 25_000,
  currency: 'BRL',
  description: 'Cadeira A',
  payByMs: 1_000_000,
});

const intent = (change: Partial<Intent> = {}): Intent => ({
  intentId: 'pi_1',
  attemptId: FRESH.attemptId,
  orderId: FRESH.orderId,
  eventId: FRESH.eventId,
  status: 'open',
  amountMinor: 25_000,
  capturedMinor: change.status === 'captured' ? 25_000 : 0,
  refundedMinor: 0,
  currency: 'brl',
  declineCode: null,
  ...change,
});

const seen = (change: Partial<Intent> = {}): AttemptChange => ({
  type: 'intentSeen',
  intent: intent(change),
});
const at = (status: AttemptStatus, change: Partial<Attempt> = {}): Attempt => ({
  ...FRESH,
  intentId: status === 'new' ? null : 'pi_1',
  status,
  ...change,
});
const CANCEL: AttemptChange = { type: 'cancelWanted', reason: 'cancelled' };
const CAPTURE: AttemptChange = { type: 'captureWanted' };
const RETURN: AttemptChange = { type: 'returnWanted', reason: 'seats_lost' };

const play = (start: Attempt, changes: readonly AttemptChange[]) => {
  let attempt = start;
  const messages: AttemptMessage[] = [];
  const alarms: string[] = [];
  for (const change of changes) {
    const next = applyChange(attempt, change);
    attempt = next.attempt;
    if (next.message !== null) messages.push(next.message);
    if (next.alarm !== null) alarms.push(next.alarm);
  }
  return { attempt, messages, alarms };
};

test('a sale: opened, authorised, captured; one PagamentoOK with the sum', (t) => {
  const { attempt, messages, alarms } = play(FRESH, [
    seen(),
    seen({ status: 'authorised' }),
    CAPTURE,
    seen({ status: 'captured' }),
  ]);
  t.is(attempt.status, 'captured');
  t.is(attempt.intentId, 'pi_1');
  t.deepEqual(messages, [
    { type: 'PagamentoOK', data: { attemptId: FRESH.attemptId, amountMinor: 25_000, currency: 'BRL' } },
  ]);
  t.deepEqual(alarms, []);
});

test('a declined card leaves the attempt open for another card', (t) => {
  const declined = play(FRESH, [seen(), seen({ declineCode: 'insufficient_funds' })]);
  t.is(declined.attempt.status, 'open');
  t.deepEqual(declined.messages, []);
  t.is(play(declined.attempt, [seen({ status: 'authorised' })]).messages[0]?.type, 'PagamentoOK');
});

test('PagamentoFalhou waits for the gateway, and names why', (t) => {
  const wanted = play(FRESH, [seen(), { type: 'cancelWanted', reason: 'expired' }]);
  t.is(wanted.attempt.status, 'cancelling');
  t.deepEqual(wanted.messages, []);
  const gone = play(wanted.attempt, [seen({ status: 'cancelled' })]);
  t.deepEqual(gone.messages, [
    { type: 'PagamentoFalhou', data: { attemptId: FRESH.attemptId, reason: 'expired' } },
  ]);
  const byGateway = play(FRESH, [seen(), seen({ status: 'cancelled', declineCode: 'stolen_card' })]);
  t.deepEqual(
    byGateway.messages.map((message) => message.data),
    [{ attemptId: FRESH.attemptId, reason: 'declined' }],
  );
});

test('while our cancel is on its way a sight of reserved money is not believed, taken money is', (t) => {
  const cancelling = at('cancelling', { reason: 'expired' });
  t.is(applyChange(cancelling, seen({ status: 'authorised' })).attempt, cancelling);
  const taken = applyChange(cancelling, seen({ status: 'captured' }));
  t.is(taken.attempt.status, 'captured');
  t.is(taken.attempt.reason, null);
  t.is(taken.message?.type, 'PagamentoOK');
});

test('a cancel that the gateway refused because the money is reserved ends in PagamentoOK', (t) => {
  const won = applyChange(at('cancelling', { reason: 'expired' }), {
    type: 'cancelRefused',
    intent: intent({ status: 'authorised' }),
  });
  t.is(won.attempt.status, 'authorised');
  t.is(won.message?.type, 'PagamentoOK');
  t.is(won.attempt.reason, null);
});

test('another sum or currency than asked for is never OK', (t) => {
  for (const wrong of [{ amountMinor: 24_999 }, { currency: 'usd' }]) {
    for (const status of ['open', 'processing', 'authorised'] as const) {
      const { attempt, messages, alarms } = play(FRESH, [seen({ status, ...wrong })]);
      t.is(attempt.status, 'cancelling');
      t.deepEqual(messages, []);
      t.deepEqual(alarms, ['wrong_amount']);
    }
    const taken = play(FRESH, [seen({ status: 'captured', ...wrong })]);
    t.is(taken.attempt.status, 'refunding');
    t.deepEqual(
      taken.messages.map((message) => message.type),
      ['PagamentoFalhou'],
    );
  }
  const short = play(FRESH, [seen({ status: 'captured', capturedMinor: 1 })]);
  t.is(short.attempt.status, 'refunding');
});

test('a return voids what is reserved and refunds what is taken', (t) => {
  t.is(play(at('authorised'), [RETURN, seen({ status: 'cancelled' })]).attempt.status, 'voided');
  t.is(play(at('captured'), [RETURN]).attempt.status, 'refunding');
  const raced = play(at('authorised'), [RETURN, seen({ status: 'captured' })]);
  t.is(raced.attempt.status, 'refunding');
  t.is(play(raced.attempt, [seen({ status: 'captured', refundedMinor: 25_000 })]).attempt.status, 'refunded');
});

test('an order given back is returned once, in whatever order its confirmation and its end are heard', (t) => {
  const back: AttemptChange = { type: 'returnWanted', reason: 'cancelled' };
  const refunded = seen({ status: 'captured', refundedMinor: 25_000 });
  const inOrder = play(at('authorised'), [CAPTURE, back, seen({ status: 'captured' }), refunded]);
  t.is(inOrder.attempt.status, 'refunded');
  const overtaken = play(at('authorised'), [back, CAPTURE, seen({ status: 'cancelled' }), CAPTURE]);
  t.is(overtaken.attempt.status, 'voided');
  const taken = play(at('captured'), [back, CAPTURE, refunded, CAPTURE]);
  t.is(taken.attempt.status, 'refunded');
  t.deepEqual(
    [inOrder, overtaken, taken].flatMap(({ alarms, messages }) => [...alarms, ...messages]),
    [],
  );
  // Where the seats were lost, a wish to capture is as wrong as ever.
  t.deepEqual(play(at('captured'), [RETURN, CAPTURE]).alarms, ['contradiction']);
});

test('what a person has honoured goes back as well, and what a person has settled asks for one again', (t) => {
  const back: AttemptChange = { type: 'returnWanted', reason: 'cancelled' };
  t.is(play(at('kept'), [back]).attempt.status, 'returning');
  const raced = play(at('keeping'), [back]);
  t.is(raced.attempt.status, 'keeping');
  t.is(play(raced.attempt, [seen({ status: 'captured' })]).attempt.status, 'returning');
  t.deepEqual(play(at('dismissed'), [back]).alarms, ['contradiction']);
});

test('what a person has honoured and the gateway will not capture is tried again, or taken back by a person, loudly', (t) => {
  const refused = { type: 'captureRefused', intent: intent({ status: 'authorised' }) } as const;
  const once = play(at('keeping'), [refused]);
  t.is(once.attempt.status, 'keeping');
  t.deepEqual(once.alarms, ['capture_lost']);
  t.is(play(once.attempt, [seen({ status: 'captured' })]).attempt.status, 'kept');
  t.is(play(at('keeping', { reason: 'cancelled' }), [refused]).attempt.status, 'returning');
  const gone = play(at('keeping'), [seen({ status: 'cancelled' })]);
  t.is(gone.attempt.status, 'refunded');
  t.deepEqual(gone.alarms, ['capture_lost']);
  for (const { attempt } of [once, gone]) {
    const [undone, ...more] = play(attempt, [{ type: 'returnOrdered' }]).messages;
    t.like(undone, { type: 'PagamentoFalhou', data: { reason: 'refunded' } });
    t.deepEqual(more, []);
  }
});

test('a return that meets a capture in flight waits for it and then refunds', (t) => {
  const both = play(at('authorised'), [CAPTURE, RETURN]);
  t.is(both.attempt.status, 'capturing');
  t.is(play(both.attempt, [seen({ status: 'captured' })]).attempt.status, 'refunding');
  t.is(play(at('authorised'), [RETURN, CAPTURE]).attempt.status, 'voiding');
});

test('a capture that the gateway will not do is kept for a person, loudly', (t) => {
  for (const change of [
    seen({ status: 'cancelled' }),
    { type: 'captureRefused', intent: intent({ status: 'authorised' }) } as const,
    { type: 'captureRefused', intent: intent({ status: 'cancelled' }) } as const,
  ]) {
    const { attempt, alarms } = play(at('capturing'), [change]);
    t.is(attempt.status, 'review');
    t.deepEqual(alarms, ['capture_lost']);
  }
  const done = play(at('capturing'), [{ type: 'captureRefused', intent: intent({ status: 'captured' }) }]);
  t.is(done.attempt.status, 'captured');
});

test('a reserved sum that lapsed needs no return, and cannot be captured', (t) => {
  const lapsed = play(at('authorised'), [seen({ status: 'cancelled' })]);
  t.is(lapsed.attempt.status, 'lapsed');
  t.deepEqual(lapsed.messages, []);
  t.is(play(lapsed.attempt, [RETURN]).attempt.status, 'voided');
  t.is(play(lapsed.attempt, [CAPTURE]).attempt.status, 'review');
});

test('money that comes after the no is told to tickets, who decide: kept or sent back', (t) => {
  const late = play(at('cancelled', { reason: 'expired' }), [seen({ status: 'captured' })]);
  t.is(late.attempt.status, 'late');
  t.is(late.attempt.reason, null);
  t.deepEqual(late.alarms, ['late_money']);
  t.deepEqual(
    late.messages.map((one) => one.type),
    ['PagamentoOK'],
  );
  t.is(play(late.attempt, [CAPTURE]).attempt.status, 'captured');
  t.is(play(late.attempt, [RETURN]).attempt.status, 'refunding');
});

test('money that moves after tickets had refused it goes back', (t) => {
  const late = play(at('voided', { reason: 'seats_lost' }), [seen({ status: 'captured' })]);
  t.is(late.attempt.status, 'refunding');
  t.deepEqual(late.alarms, ['late_money']);
  t.deepEqual(late.messages, []);
});

test('what tickets cannot tell goes to a person, and what he orders is done', (t) => {
  const REVIEW: AttemptChange = { type: 'reviewWanted', reason: 'amount_mismatch' };
  for (const from of ['authorised', 'captured', 'late'] as const) {
    const { attempt, alarms } = play(at(from), [REVIEW]);
    t.is(attempt.status, 'review');
    t.deepEqual(alarms, ['undecided']);
  }
  const returned = play(at('review'), [{ type: 'returnOrdered' }]);
  t.is(returned.attempt.status, 'returning');
  t.like(returned.messages[0], { type: 'PagamentoFalhou', data: { reason: 'refunded' } });
  const honoured = play(at('review'), [{ type: 'honourOrdered' }]);
  t.is(honoured.attempt.status, 'honouring');
  t.like(honoured.messages[0], { type: 'PagamentoOK', data: { approved: true } });
  t.is(play(honoured.attempt, [RETURN]).attempt.status, 'returning');
  t.is(play(honoured.attempt, [CAPTURE, seen({ status: 'captured' })]).attempt.status, 'kept');
  for (const status of ATTEMPT_STATUSES.filter((one) => wantOf(one) === null && one !== 'review')) {
    for (const type of ['honourOrdered', 'returnOrdered'] as const)
      t.is(applyChange(at(status), { type }).attempt.status, status, `${type} at ${status}`);
  }
});

test('money that somebody returned at the gateway’s own pages stays returned, and a person’s word takes the tickets back', (t) => {
  for (const from of ['authorised', 'captured', 'kept', 'review'] as const) {
    const returned = play(at(from), [seen({ status: 'captured', refundedMinor: 25_000 })]);
    t.is(returned.attempt.status, 'refunded');
    t.deepEqual(returned.messages, []);
    const undone = play(returned.attempt, [{ type: 'returnOrdered' }, { type: 'returnOrdered' }]);
    t.is(undone.attempt.status, 'refunded');
    t.is(undone.messages.length, 1, 'it is said once');
    t.like(undone.messages[0], { type: 'PagamentoFalhou', data: { reason: 'refunded' } });
    t.is(play(returned.attempt, [{ type: 'honourOrdered' }]).messages.length, 0, 'nothing is left to keep');
  }
});

test('an intent that appears after the gateway refused to open one is cancelled, silently for tickets', (t) => {
  const refused = play(FRESH, [{ type: 'openRefused' }]);
  t.is(refused.attempt.status, 'cancelled');
  t.is(refused.messages[0]?.type, 'PagamentoFalhou');
  const appeared = play(refused.attempt, [seen({ status: 'authorised' })]);
  t.is(appeared.attempt.status, 'voiding');
  t.is(appeared.attempt.intentId, 'pi_1');
  t.deepEqual(appeared.messages, []);
});

test('a second intent for the same attempt changes nothing and is loud', (t) => {
  for (const status of ATTEMPT_STATUSES.filter((one) => one !== 'new')) {
    const second = applyChange(at(status), seen({ intentId: 'pi_2', status: 'authorised' }));
    t.is(second.attempt.intentId, 'pi_1');
    t.is(second.attempt.status, status);
    t.is(second.alarm, 'second_intent');
  }
});

// ---------------------------------------------------------------- the table itself

test('every cell leads upward, OK and no are said only on leaving the unpaid statuses, more only by late money or a person', (t) => {
  const unpaid = new Set<AttemptStatus>(['new', 'open', 'cancelling']);
  for (const status of ATTEMPT_STATUSES) {
    for (const signal of SIGNALS) {
      const rule = TABLE[status][signal];
      for (const to of [rule?.to, rule?.ifReturning]) {
        if (to !== undefined) t.true(RANK[to] > RANK[status], `${status} × ${signal} → ${to}`);
      }
      if (rule?.say === 'ok' || rule?.say === 'no') {
        t.true(unpaid.has(status) && rule.to !== undefined && !unpaid.has(rule.to), `${status} × ${signal}`);
      }
      if (rule?.say === 'late') t.is(`${status} × ${signal}`, 'cancelled × captured');
      if (rule?.say === 'approved') t.is(`${status} × ${signal}`, 'review × honour_ordered');
      if (rule?.say === 'undone') t.is(signal, 'return_ordered');
    }
  }
});

test('no status is left by saying nothing from unpaid to paid, so none is forgotten', (t) => {
  for (const status of ['new', 'open', 'cancelling'] as const) {
    for (const signal of SIGNALS) {
      const rule = TABLE[status][signal];
      if (rule?.to === 'authorised' || rule?.to === 'captured') t.is(rule.say, 'ok', `${status} × ${signal}`);
      if (rule?.to === 'cancelled') t.is(rule.say, 'no', `${status} × ${signal}`);
    }
  }
});

// ---------------------------------------------------------------- random histories

const anyIntent: fc.Arbitrary<Intent> = fc
  .record({
    status: fc.constantFrom('open', 'processing', 'authorised', 'captured', 'cancelled' as const),
    wrong: fc.constantFrom('no', 'no', 'no', 'no', 'amount', 'currency'),
    refunded: fc.constantFrom(0, 0, 0, 100, 25_000),
    intentId: fc.constantFrom('pi_1', 'pi_1', 'pi_1', 'pi_1', 'pi_2'),
    declineCode: fc.constantFrom(null, 'insufficient_funds'),
  })
  .map(({ status, wrong, refunded, intentId, declineCode }) =>
    intent({
      status,
      intentId,
      declineCode,
      amountMinor: wrong === 'amount' ? 1 : 25_000,
      currency: wrong === 'currency' ? 'usd' : 'brl',
      refundedMinor: status === 'captured' ? refunded : 0,
      capturedMinor: status === 'captured' ? (wrong === 'amount' ? 1 : 25_000) : 0,
    }),
  );

const anyChange: fc.Arbitrary<AttemptChange> = fc.oneof(
  { weight: 6, arbitrary: anyIntent.map((one): AttemptChange => ({ type: 'intentSeen', intent: one })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('cancelRefused', 'captureRefused', 'refundRefused' as const), anyIntent)
      .map(([type, one]) => ({ type, intent: one })),
  },
  { weight: 1, arbitrary: fc.constant<AttemptChange>({ type: 'openRefused' }) },
  { weight: 2, arbitrary: fc.constantFrom(CANCEL, CAPTURE, RETURN) },
  { weight: 1, arbitrary: fc.constant<AttemptChange>({ type: 'cancelWanted', reason: 'expired' }) },
);

test('any history: at most one OK, at most one no, both only when money came after the no; the rank never falls; the sum never changes', (t) => {
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 30 }), (changes) => {
      let attempt = FRESH;
      const said: string[] = [];
      for (const change of changes) {
        const next = applyChange(attempt, change);
        if (next.message !== null) said.push(next.message.type);
        const moved = next.attempt.status !== attempt.status;
        if (moved && RANK[next.attempt.status] <= RANK[attempt.status]) return false;
        if (attempt.intentId !== null && next.attempt.intentId !== attempt.intentId) return false;
        if (next.attempt.amountMinor !== FRESH.amountMinor) return false;
        attempt = next.attempt;
      }
      return said.length <= 1 || said.join() === 'PagamentoFalhou,PagamentoOK';
    }),
    { numRuns: 3_000 },
  );
  t.pass();
});

test('any history: saying everything twice, and old news again at the end, gives the same end and the same words', (t) => {
  const sights = fc.array(
    fc.oneof(
      anyIntent.map((one): AttemptChange => ({ type: 'intentSeen', intent: { ...one, intentId: 'pi_1' } })),
      fc.constantFrom(CANCEL, CAPTURE),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(sights, (changes) => {
      const once = play(FRESH, changes);
      const doubled = play(
        FRESH,
        changes.flatMap((change) => [change, change]),
      );
      t.deepEqual(doubled.attempt, once.attempt);
      t.deepEqual(doubled.messages, once.messages);
    }),
    { numRuns: 500 },
  );
});

test('the true order of a gateway, delivered in any order with repeats, ends where it truly ended', (t) => {
  const stories: readonly (readonly Intent['status'][])[] = [
    ['open', 'processing', 'authorised'],
    ['open', 'cancelled'],
    ['open', 'processing', 'captured'],
  ];
  const ends: Readonly<Record<string, AttemptStatus>> = {
    authorised: 'authorised',
    cancelled: 'cancelled',
    captured: 'captured',
  };
  fc.assert(
    fc.property(
      fc
        .constantFrom(...stories)
        .chain((story) =>
          fc.tuple(
            fc.constant(story),
            fc.shuffledSubarray([...story, ...story], { minLength: story.length * 2 }),
          ),
        ),
      ([story, delivered]) => {
        const end = play(
          FRESH,
          delivered.map((status) => seen({ status })),
        );
        t.is(end.attempt.status, ends[story.at(-1) ?? ''] ?? 'review');
        t.is(end.messages.length, 1);
      },
    ),
    { numRuns: 200 },
  );
});

test('capture and cancel are never both wanted: once one was, the other is not until the money is certain', (t) => {
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 30 }), (changes) => {
      let attempt = FRESH;
      let captureBegun = false;
      let cancelBegunAfterOk = false;
      let sawRefusal = false;
      for (const change of changes) {
        attempt = applyChange(attempt, change).attempt;
        const want = wantOf(attempt.status);
        sawRefusal ||= change.type === 'captureRefused';
        if (want === 'capture') {
          captureBegun = true;
          if (cancelBegunAfterOk) return false;
        }
        if (want === 'cancel' && attempt.status === 'voiding') cancelBegunAfterOk = true;
        // Only the gateway's own definite refusal of the capture lets a void follow.
        if (want === 'cancel' && captureBegun && !sawRefusal) return false;
      }
      return true;
    }),
    { numRuns: 3_000 },
  );
  t.pass();
});

test('every change is one signal of the table, for every status', (t) => {
  const known = new Set<Signal>(SIGNALS);
  fc.assert(
    fc.property(
      fc.constantFrom(...ATTEMPT_STATUSES),
      anyChange,
      fc.boolean(),
      (status, change, hasIntent) => {
        const attempt = at(status, { intentId: hasIntent ? 'pi_1' : null });
        return known.has(signalOf(attempt, change));
      },
    ),
  );
  t.pass();
});
