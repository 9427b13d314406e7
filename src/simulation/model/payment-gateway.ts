import { createHmac } from 'node:crypto';
import type {
  GatewayAnswer,
  Intent,
  IntentStatus,
  PaymentGateway,
} from '../../domain/ports/payment-gateway.ts';

export type Call = 'open' | 'read' | 'capture' | 'cancel' | 'refund';

/** `before`: the call never arrived. `after`: it took effect and the answer was lost. Both look the same to the caller. */
export type Fault = 'before' | 'after' | { readonly refuse: string };

const SECRET = 'whsec_test';
const sign = (body: Buffer): string => createHmac('sha256', SECRET).update(body).digest('hex');

/** A gateway with Stripe's rules about intents and keys, and faults on demand. */
export class ScriptedGateway implements PaymentGateway {
  readonly intents = new Map<string, Intent>();
  /** Every call that arrived, in order: `capture pi_1`. */
  readonly calls: string[] = [];
  /** What truly happened to money, in order. */
  readonly effects: string[] = [];
  readonly faults: { readonly call: Call; readonly fault: Fault }[] = [];
  down = false;
  /** While set, calls wait for it. */
  hanging: Promise<void> | null = null;
  private readonly replays = new Map<string, GatewayAnswer<Intent>>();
  private events = 0;

  fail(call: Call, fault: Fault): void {
    this.faults.push({ call, fault });
  }

  private async answer(
    call: Call,
    subject: string,
    key: string | null,
    act: () => GatewayAnswer<Intent>,
  ): Promise<GatewayAnswer<Intent>> {
    this.calls.push(`${call} ${subject}`);
    if (this.hanging !== null) await this.hanging;
    const index = this.faults.findIndex((one) => one.call === call);
    const fault = index < 0 ? null : (this.faults.splice(index, 1)[0]?.fault ?? null);
    if (this.down || fault === 'before') return { kind: 'unknown', reason: 'timeout' };
    if (fault !== null && fault !== 'after')
      return { kind: 'refused', code: fault.refuse, message: fault.refuse };
    const replay = key === null ? undefined : this.replays.get(key);
    const answer = replay ?? act();
    if (key !== null) this.replays.set(key, answer);
    return fault === 'after' ? { kind: 'unknown', reason: 'timeout' } : answer;
  }

  private move(
    intentId: string,
    from: readonly IntentStatus[],
    change: Partial<Intent>,
  ): GatewayAnswer<Intent> {
    const intent = this.intents.get(intentId);
    if (intent === undefined) return { kind: 'refused', code: 'resource_missing', message: 'no such intent' };
    if (!from.includes(intent.status) || (intent.refundedMinor > 0 && change.refundedMinor !== undefined)) {
      return { kind: 'refused', code: 'payment_intent_unexpected_state', message: intent.status };
    }
    // A mere look leaves the very same intent, so that whoever watches for changes sees none.
    const next = Object.keys(change).length === 0 ? intent : { ...intent, ...change };
    this.intents.set(intentId, next);
    return { kind: 'ok', value: next };
  }

  private done(effect: string, answer: GatewayAnswer<Intent>): GatewayAnswer<Intent> {
    if (answer.kind === 'ok') this.effects.push(effect);
    return answer;
  }

  open: PaymentGateway['open'] = (request) =>
    this.answer('open', request.attemptId, request.attemptId, () => {
      const intentId = `pi_${this.intents.size + 1}`;
      const { attemptId, orderId, eventId, amountMinor } = request;
      const value: Intent = {
        intentId,
        attemptId,
        orderId,
        eventId,
        amountMinor,
        status: 'open',
        capturedMinor: 0,
        refundedMinor: 0,
        declineCode: null,
        currency: request.currency.toLowerCase(),
      };
      this.intents.set(intentId, value);
      return { kind: 'ok', value };
    });

  read: PaymentGateway['read'] = (intentId) =>
    this.answer('read', intentId, null, () =>
      this.move(intentId, ['open', 'processing', 'authorised', 'captured', 'cancelled'], {}),
    );

  capture: PaymentGateway['capture'] = (intentId, attemptId) =>
    this.answer('capture', intentId, `${attemptId}:capture`, () =>
      this.done(
        'captured',
        this.move(intentId, ['authorised'], {
          status: 'captured',
          capturedMinor: this.of(intentId).amountMinor,
        }),
      ),
    );

  cancel: PaymentGateway['cancel'] = (intentId, attemptId) =>
    this.answer('cancel', intentId, `${attemptId}:cancel`, () =>
      this.done('cancelled', this.move(intentId, ['open', 'authorised'], { status: 'cancelled' })),
    );

  refund: PaymentGateway['refund'] = (intentId, attemptId) =>
    this.answer('refund', intentId, `${attemptId}:refund`, () =>
      this.done(
        'refunded',
        this.move(intentId, ['captured'], { refundedMinor: this.of(intentId).capturedMinor }),
      ),
    );

  async *ledger(): AsyncIterable<Intent> {
    yield* this.intents.values();
  }

  verifyWebhook: PaymentGateway['verifyWebhook'] = (rawBody, signature) =>
    signature === sign(rawBody)
      ? { kind: 'genuine', event: JSON.parse(rawBody.toString()) }
      : { kind: 'forged', reason: 'no signature matches' };

  checkoutUrl(intentId: string): string {
    return `https://pay.test/${intentId}`;
  }

  // ---------------------------------------------------------------- the fan and the world

  of(intentId: string): Intent {
    const intent = this.intents.get(intentId);
    if (intent === undefined) throw new Error(`no intent ${intentId}`);
    return intent;
  }

  /** What the fan, or somebody at the gateway's dashboard, does to an intent; refused moves change nothing. */
  happens(intentId: string, from: readonly IntentStatus[], change: Partial<Intent>): boolean {
    return this.move(intentId, from, change).kind === 'ok';
  }

  pay(intentId: string): boolean {
    return this.happens(intentId, ['open', 'processing'], { status: 'authorised', declineCode: null });
  }

  /** A signed webhook that shows the intent as it is now, or as `shown`. */
  webhook(
    shown: Intent | null,
    gatewayEventId?: string,
  ): { readonly body: Buffer; readonly signature: string } {
    this.events += 1;
    const body = Buffer.from(
      JSON.stringify({
        gatewayEventId: gatewayEventId ?? `evt_${this.events}`,
        type: 'payment_intent.changed',
        createdAtMs: 0,
        intent: shown,
      }),
    );
    return { body, signature: sign(body) };
  }
}
