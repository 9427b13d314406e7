import test from 'ava';
import fc from 'fast-check';
import {
  hasValidCheckDigit,
  paymentMethodOfCard,
  TEST_CARDS,
  testPaymentMethod,
} from '../../src/sandbox/cards.ts';
import {
  decide,
  type IntentCommand,
  type IntentRecord,
  type IntentStatus,
  type Transition,
} from '../../src/sandbox/intent.ts';

const intent = (overrides: Partial<IntentRecord> = {}): IntentRecord => ({
  id: 'pi_1',
  clientSecret: 'pi_1_secret',
  status: 'requires_payment_method',
  amountMinor: 1_000,
  authorisedMinor: 0,
  capturedMinor: 0,
  refundedMinor: 0,
  currency: 'brl',
  captureMethod: 'manual',
  description: null,
  metadata: {},
  createdMs: 0,
  chargeId: null,
  method: null,
  lastDecline: null,
  canceledMs: null,
  cancellationReason: null,
  ...overrides,
});

const card = (number: string) => paymentMethodOfCard(number, 'pm_1');
const confirm = (number: string): IntentCommand => ({
  type: 'confirm',
  method: card(number),
  chargeId: 'ch_1',
});
const GOOD = '4242424242424242';
const DECLINED = '4000000000000002';
const ASKS = '4000000000003220';

const told = (step: Transition): string =>
  step.kind === 'refused'
    ? `refused ${step.code}`
    : `${step.record.status} [${step.events.join(' ')}]${step.declined === null ? '' : ` ${step.declined.code}`}`;

const inState = (status: IntentStatus): IntentRecord => {
  const paid = { authorisedMinor: 1_000, chargeId: 'ch_1', method: card(GOOD) };
  switch (status) {
    case 'requires_confirmation':
      return intent({ status, method: card(GOOD) });
    case 'requires_action':
      return intent({ status, method: card(ASKS) });
    case 'requires_capture':
      return intent({ status, ...paid });
    case 'succeeded':
      return intent({ status, ...paid, capturedMinor: 1_000 });
    default:
      return intent({ status });
  }
};

const COMMANDS = {
  confirm: confirm(GOOD),
  decline: confirm(DECLINED),
  ask: confirm(ASKS),
  approve: { type: 'authenticate', approved: true },
  deny: { type: 'authenticate', approved: false },
  capture: { type: 'capture', amountMinor: null },
  cancel: { type: 'cancel', reason: null, nowMs: 5 },
  refund: { type: 'refund', amountMinor: null },
} as const satisfies Record<string, IntentCommand>;

const HELD = 'requires_capture [payment_intent.amount_capturable_updated]';
const FAILED = 'requires_payment_method [payment_intent.payment_failed] card_declined';
const ASKED = 'requires_action [payment_intent.requires_action]';
const CANCELED = 'canceled [payment_intent.canceled]';
const NO = 'refused payment_intent_unexpected_state';

const open = {
  confirm: HELD,
  decline: FAILED,
  ask: ASKED,
  approve: NO,
  deny: NO,
  capture: NO,
  cancel: CANCELED,
  refund: NO,
};
const TABLE: Readonly<Record<IntentStatus, Readonly<Record<keyof typeof COMMANDS, string>>>> = {
  requires_payment_method: open,
  requires_confirmation: open,
  requires_action: {
    ...open,
    approve: HELD,
    deny: 'requires_payment_method [payment_intent.payment_failed] payment_intent_authentication_failure',
  },
  processing: { ...open, confirm: NO, decline: NO, ask: NO },
  requires_capture: {
    ...open,
    confirm: NO,
    decline: NO,
    ask: NO,
    capture: 'succeeded [payment_intent.succeeded]',
  },
  succeeded: {
    ...open,
    confirm: NO,
    decline: NO,
    ask: NO,
    cancel: NO,
    refund: 'succeeded [charge.refunded refund.created]',
  },
  canceled: { ...open, confirm: NO, decline: NO, ask: NO, cancel: NO },
};

for (const [status, row] of Object.entries(TABLE)) {
  for (const [name, expected] of Object.entries(row)) {
    test(`an intent in ${status} answers "${name}" with ${expected}`, (t) => {
      t.is(told(decide(inState(status as IntentStatus), COMMANDS[name as keyof typeof COMMANDS])), expected);
    });
  }
}

test('with automatic capture a confirmation takes the money at once', (t) => {
  const step = decide(intent({ captureMethod: 'automatic' }), confirm(GOOD));
  t.is(told(step), 'succeeded [payment_intent.succeeded]');
  t.is(step.kind === 'moved' ? step.record.capturedMinor : 0, 1_000);
});

test('a confirmation without any payment method is refused', (t) => {
  t.is(told(decide(intent(), { type: 'confirm', method: null, chargeId: 'ch_1' })), NO);
});

test('a method that settles later leaves the intent processing, and cannot be captured by hand', (t) => {
  const method = testPaymentMethod('pm_usBankAccount_processing');
  const command: IntentCommand = { type: 'confirm', method, chargeId: 'ch_1' };
  t.is(
    told(decide(intent({ captureMethod: 'automatic' }), command)),
    'processing [payment_intent.processing]',
  );
  t.is(told(decide(intent(), command)), 'refused payment_intent_invalid_parameter');
});

test('no more can be captured than was authorised, and no more refunded than was captured', (t) => {
  const held = inState('requires_capture');
  t.is(told(decide(held, { type: 'capture', amountMinor: 1_001 })), 'refused amount_too_large');
  const taken = decide(held, { type: 'capture', amountMinor: 400 });
  if (taken.kind !== 'moved') return t.fail();
  t.is(taken.record.capturedMinor, 400);
  t.is(told(decide(taken.record, { type: 'refund', amountMinor: 401 })), 'refused amount_too_large');
  const back = decide(taken.record, { type: 'refund', amountMinor: null });
  t.is(back.kind === 'moved' ? back.refundedNowMinor : 0, 400);
  if (back.kind !== 'moved') return t.fail();
  return t.is(
    told(decide(back.record, { type: 'refund', amountMinor: 1 })),
    'refused charge_already_refunded',
  );
});

test('an amount cannot be changed once the money is reserved, but metadata can', (t) => {
  const held = inState('requires_capture');
  t.is(told(decide(held, { type: 'update', amountMinor: 5 })), NO);
  const step = decide(
    { ...held, metadata: { a: '1', b: '2' } },
    { type: 'update', metadata: { a: '', c: '3' } },
  );
  t.deepEqual(step.kind === 'moved' ? step.record.metadata : null, { b: '2', c: '3' });
});

const command: fc.Arbitrary<IntentCommand> = fc.oneof(
  fc.constantFrom(...TEST_CARDS.map((known) => confirm(known.number))),
  fc.constant<IntentCommand>({ type: 'confirm', method: null, chargeId: 'ch_2' }),
  fc.boolean().map((approved): IntentCommand => ({ type: 'authenticate', approved })),
  fc
    .option(fc.integer({ min: 1, max: 1_500 }))
    .map((amountMinor): IntentCommand => ({ type: 'capture', amountMinor })),
  fc
    .option(fc.integer({ min: 1, max: 1_500 }))
    .map((amountMinor): IntentCommand => ({ type: 'refund', amountMinor })),
  fc.integer({ min: 50, max: 1_500 }).map((amountMinor): IntentCommand => ({ type: 'update', amountMinor })),
  fc.constant<IntentCommand>({ type: 'cancel', reason: null, nowMs: 1 }),
);

test('under any sequence of commands money is conserved and a final state is final', (t) => {
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 30 }),
      fc.constantFrom('manual' as const, 'automatic' as const),
      (commands, captureMethod) => {
        let record = intent({ captureMethod });
        let refundedMinor = 0;
        for (const next of commands) {
          const step = decide(record, next);
          if (step.kind === 'refused') continue;
          const wasFinal = record.status === 'canceled' || record.status === 'succeeded';
          if (wasFinal && step.record.status !== record.status) return false;
          refundedMinor += step.refundedNowMinor;
          record = step.record;
          const conserved =
            record.capturedMinor <= record.authorisedMinor &&
            record.authorisedMinor <= record.amountMinor &&
            record.refundedMinor === refundedMinor &&
            refundedMinor <= record.capturedMinor;
          const honest =
            (record.capturedMinor === 0) === (record.status !== 'succeeded') &&
            (record.status !== 'requires_capture' || record.authorisedMinor === record.amountMinor);
          if (!conserved || !honest) return false;
        }
        return true;
      },
    ),
    { numRuns: 2_000 },
  );
  t.pass();
});

test('every test card has a right check digit, and a wrong or unknown number is an incorrect number', (t) => {
  for (const known of TEST_CARDS) t.true(hasValidCheckDigit(known.number), known.number);
  t.is(card('4242 4242-4242 4242').outcome.kind, 'approve');
  for (const number of ['4242424242424241', '4111111111111111', 'no card', '']) {
    const { outcome, last4 } = card(number);
    t.is(outcome.kind === 'decline' ? outcome.code : '', 'incorrect_number', number);
    t.is(last4, '????');
  }
});
