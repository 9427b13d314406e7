import type { AttemptId, EventId, OrderId } from '../ids.ts';

/**
 * - `open`        nobody has paid yet; it can be paid or cancelled
 * - `processing`  the gateway does not know yet
 * - `authorised`  the money is reserved, not taken; capture or cancel
 * - `captured`    the money is taken; only a refund returns it
 * - `cancelled`   it can never be paid any more
 */
export type IntentStatus = 'open' | 'processing' | 'authorised' | 'captured' | 'cancelled';

/** The gateway's view of one attempt. */
export interface Intent {
  readonly intentId: string;
  /** From our metadata; null for an intent that is not ours. */
  readonly attemptId: AttemptId | null;
  readonly orderId: OrderId | null;
  readonly eventId: EventId | null;
  readonly status: IntentStatus;
  readonly amountMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly currency: string;
  /** The last decline's code, if the fan's last card was declined. */
  readonly declineCode: string | null;
}

/** `refused`: the gateway has decided against it, for good. `unknown`: it may or may not have happened. */
export type GatewayAnswer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface OpenIntent {
  readonly attemptId: AttemptId;
  readonly orderId: OrderId;
  readonly eventId: EventId;
  readonly amountMinor: number;
  readonly currency: string;
  readonly description: string;
}

/** One of the gateway's own events, its signature and age already checked. */
export interface GatewayEvent {
  readonly gatewayEventId: string;
  readonly type: string;
  readonly createdAtMs: number;
  readonly intent: Intent | null;
}

export type WebhookVerdict =
  | { readonly kind: 'genuine'; readonly event: GatewayEvent }
  | { readonly kind: 'forged'; readonly reason: string };

/**
 * The external gateway, in Stripe's terms. Idempotency keys are derived from the attempt (`<attemptId>`,
 * `<attemptId>:capture`, …), so a repeat of any call is the same call. No method rejects.
 */
export interface PaymentGateway {
  /** Opens an intent with manual capture. */
  open(request: OpenIntent): Promise<GatewayAnswer<Intent>>;
  read(intentId: string): Promise<GatewayAnswer<Intent>>;
  capture(intentId: string, attemptId: AttemptId): Promise<GatewayAnswer<Intent>>;
  cancel(intentId: string, attemptId: AttemptId): Promise<GatewayAnswer<Intent>>;
  refund(intentId: string, attemptId: AttemptId): Promise<GatewayAnswer<Intent>>;
  /** The ledger, newest first, optionally of one event or from that time on. Throws if it cannot be read to its end. */
  ledger(eventId?: EventId, sinceMs?: number): AsyncIterable<Intent>;
  /** Signature over the raw body, and a timestamp within ±300 s of `nowMs`. */
  verifyWebhook(rawBody: Buffer, signature: string, nowMs: number): WebhookVerdict;
  /** The hosted page where a fan pays this intent. */
  checkoutUrl(intentId: string): string;
}
