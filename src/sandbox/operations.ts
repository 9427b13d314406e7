import type { z } from 'zod';
import { paymentMethodOfCard, testPaymentMethod, type PaymentMethod } from './cards.ts';
import { stripeId, type SandboxClock, type SandboxIds } from './environment.ts';
import { ApiError, invalidRequest, resourceMissing } from './errors.ts';
import { decide, type Decline, type IntentCommand, type IntentRecord } from './intent.ts';
import type { Change, Ledger } from './ledger.ts';
import { intentObject, type EventRecord, type JsonObject, type RefundRecord } from './objects.ts';
import type {
  cancelParams,
  captureParams,
  confirmParams,
  createParams,
  refundParams,
  updateParams,
} from './params.ts';

/** Whose request it is; events tell it. */
export interface Caller {
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
}

/** What an operation comes to. Nothing of it is in force before the change is committed. */
export interface Outcome {
  readonly change: Omit<Change, 'remembered'> | null;
  readonly status: number;
  /** Stripe's error envelope; null: the answer is the change's refund or else its intent. */
  readonly error: JsonObject | null;
}

export interface PayRequest {
  readonly card: string | null;
  readonly authenticate: 'approve' | 'deny' | null;
}

type Params<S extends z.ZodType> = Omit<z.output<S>, 'expand'>;

/** Stripe's operations on intents. All are synchronous, so none ever sees half of another; they throw `ApiError`. */
export interface Operations {
  create(params: Params<typeof createParams>, caller: Caller): Outcome;
  update(id: string, params: Params<typeof updateParams>, caller: Caller): Outcome;
  confirm(id: string, params: Params<typeof confirmParams>, caller: Caller): Outcome;
  capture(id: string, params: Params<typeof captureParams>, caller: Caller): Outcome;
  cancel(id: string, params: Params<typeof cancelParams>, caller: Caller): Outcome;
  refund(params: Params<typeof refundParams>, caller: Caller): Outcome;
  /** What the fan does on the hosted page. */
  pay(id: string, request: PayRequest, caller: Caller): Outcome;
  /** The bank lets a reservation go after its seven days. */
  expire(id: string): Outcome;
}

export interface OperationsOptions {
  readonly ledger: Pick<Ledger, 'intents'>;
  readonly clock: SandboxClock;
  readonly ids: SandboxIds;
  readonly origin: () => string;
}

/** Runs commands one after the other; all of them come to one change, or to none. */
const createRunner = ({ clock, ids, origin }: OperationsOptions) => {
  const declinedError = (record: IntentRecord, decline: Decline): JsonObject =>
    new ApiError(402, 'card_error', { ...decline, paymentIntent: intentObject(record, origin()) }).body;

  const refusedOutcome = (
    record: IntentRecord,
    refusal: { code: string; message: string; param?: string },
  ) => ({
    change: null,
    status: 400,
    error: new ApiError(400, 'invalid_request_error', {
      ...refusal,
      paymentIntent: intentObject(record, origin()),
    }).body,
  });

  return (
    start: IntentRecord,
    commands: readonly IntentCommand[],
    caller: Caller,
    before: readonly EventRecord['type'][] = [],
    refundOf: (record: IntentRecord, amountMinor: number) => RefundRecord | null = () => null,
  ): Outcome => {
    const nowMs = clock.nowMs();
    const events: EventRecord[] = [];
    const tell = (
      types: readonly EventRecord['type'][],
      intent: IntentRecord,
      refund: RefundRecord | null,
    ) => {
      for (const type of types) {
        events.push({ id: stripeId(ids, 'evt'), type, createdMs: nowMs, ...caller, intent, refund });
      }
    };
    let record = start;
    let refund: RefundRecord | null = null;
    let declined: Decline | null = null;
    tell(before, record, null);
    for (const command of commands) {
      const step = decide(record, command);
      if (step.kind === 'refused') return refusedOutcome(start, step);
      record = step.record;
      if (step.refundedNowMinor > 0) refund = refundOf(record, step.refundedNowMinor);
      tell(step.events, record, refund);
      declined = step.declined;
      if (declined !== null) break;
    }
    const change = { intent: record, refund, events };
    if (declined === null) return { change, status: 200, error: null };
    return { change, status: 402, error: declinedError(record, declined) };
  };
};

const methodNamed = (id: string): PaymentMethod => {
  const method = testPaymentMethod(id);
  if (method === null) throw resourceMissing('PaymentMethod', id, 'payment_method');
  return method;
};

export const createOperations = (options: OperationsOptions): Operations => {
  const { ledger, clock, ids } = options;
  const run = createRunner(options);

  const find = (id: string): IntentRecord => {
    const record = ledger.intents.get(id);
    if (record === undefined) throw resourceMissing('payment_intent', id);
    return record;
  };

  const findCharge = (chargeId: string): IntentRecord => {
    for (const record of ledger.intents.values()) if (record.chargeId === chargeId) return record;
    throw resourceMissing('charge', chargeId, 'charge');
  };

  const confirmation = (method: PaymentMethod | null): IntentCommand => ({
    type: 'confirm',
    method,
    chargeId: stripeId(ids, 'ch'),
  });

  const newRecord = (params: Params<typeof createParams>, method: PaymentMethod | null): IntentRecord => {
    const id = stripeId(ids, 'pi');
    return {
      id,
      clientSecret: `${id}_secret_${stripeId(ids, 's').slice(2)}`,
      status: method === null ? 'requires_payment_method' : 'requires_confirmation',
      amountMinor: params.amount,
      authorisedMinor: 0,
      capturedMinor: 0,
      refundedMinor: 0,
      currency: params.currency,
      captureMethod: params.capture_method === 'manual' ? 'manual' : 'automatic',
      description: params.description ?? null,
      metadata: params.metadata,
      createdMs: clock.nowMs(),
      chargeId: null,
      method,
      lastDecline: null,
      canceledMs: null,
      cancellationReason: null,
    };
  };

  return {
    create(params, caller) {
      const method = params.payment_method === undefined ? null : methodNamed(params.payment_method);
      const commands = params.confirm ? [confirmation(null)] : [];
      return run(newRecord(params, method), commands, caller, ['payment_intent.created']);
    },
    update(id, params, caller) {
      const { amount: amountMinor, currency, description, metadata, payment_method } = params;
      const method = payment_method === undefined ? undefined : methodNamed(payment_method);
      return run(
        find(id),
        [{ type: 'update', amountMinor, currency, description, metadata, method }],
        caller,
      );
    },
    confirm(id, params, caller) {
      const method = params.payment_method === undefined ? null : methodNamed(params.payment_method);
      return run(find(id), [confirmation(method)], caller);
    },
    capture(id, params, caller) {
      const commands: IntentCommand[] = [{ type: 'capture', amountMinor: params.amount_to_capture ?? null }];
      if (params.metadata !== undefined) commands.push({ type: 'update', metadata: params.metadata });
      return run(find(id), commands, caller);
    },
    cancel(id, params, caller) {
      const reason = params.cancellation_reason ?? null;
      return run(find(id), [{ type: 'cancel', reason, nowMs: clock.nowMs() }], caller);
    },
    refund(params, caller) {
      if (params.payment_intent === undefined && params.charge === undefined) {
        throw invalidRequest(
          'One of the following params should be provided: payment_intent or charge.',
          'parameter_missing',
          'payment_intent',
        );
      }
      const record =
        params.payment_intent === undefined
          ? findCharge(params.charge as string)
          : find(params.payment_intent);
      if (params.currency !== undefined && params.currency !== record.currency) {
        throw invalidRequest(
          `The charge was made in ${record.currency}; it cannot be refunded in ${params.currency}.`,
          'parameter_invalid',
          'currency',
        );
      }
      return run(
        record,
        [{ type: 'refund', amountMinor: params.amount ?? null }],
        caller,
        [],
        (paid, amountMinor) => ({
          id: stripeId(ids, 're'),
          intentId: paid.id,
          chargeId: paid.chargeId ?? '',
          amountMinor,
          currency: paid.currency,
          reason: params.reason ?? null,
          metadata: params.metadata,
          createdMs: clock.nowMs(),
        }),
      );
    },
    pay(id, { card, authenticate }, caller) {
      const answer: IntentCommand[] =
        authenticate === null ? [] : [{ type: 'authenticate', approved: authenticate === 'approve' }];
      if (card === null) return run(find(id), answer, caller);
      const method = paymentMethodOfCard(card, stripeId(ids, 'pm'));
      const commands = [confirmation(method), ...(method.outcome.kind === 'authenticate' ? answer : [])];
      return run(find(id), commands, caller);
    },
    expire(id) {
      const command: IntentCommand = { type: 'cancel', reason: 'automatic', nowMs: clock.nowMs() };
      return run(find(id), [command], { requestId: null, idempotencyKey: null });
    },
  };
};
