import type { Attempt, AttemptChange } from '../attempt.ts';
import type { AttemptId, OrderId } from '../ids.ts';
import type { AnyEnvelope } from '../messages.ts';

/** What a transaction did to an attempt: the row as it is now, and whether this call changed it. */
export interface AppliedChange {
  readonly attempt: Attempt;
  readonly changed: boolean;
}

/** The payment service's own tables. Each method is one transaction. A rejected promise means: outcome not known. */
export interface PaymentStore {
  /** Inserts the attempt if it is new; returns the row that stands. */
  begin(attempt: Attempt): Promise<Attempt>;
  find(attemptId: AttemptId): Promise<Attempt | null>;
  findByIntent(intentId: string): Promise<Attempt | null>;
  /** The newest attempt of the order. */
  findByOrder(orderId: OrderId): Promise<Attempt | null>;
  /**
   * Locks the attempt, applies the pure transition, stores it, and writes the messages it calls for to the outbox. With
   * `gatewayEventId`, the webhook inbox counts it first: a repeat changes nothing.
   */
  apply(attemptId: AttemptId, change: AttemptChange, gatewayEventId?: string): Promise<AppliedChange | null>;
  /** Records that a bus message was counted, with `apply`'s effect in the same transaction. False: counted before. */
  receive(message: AnyEnvelope, change: AttemptChange | null): Promise<boolean>;
  /** Attempts that want something done (see `attempt.ts`: due work), leased for `leaseMs` with SKIP LOCKED. */
  claimDue(limit: number, leaseMs: number): Promise<readonly Attempt[]>;
  /** A page of attempts by id, for the reconciler. */
  page(after: AttemptId | null, limit: number): Promise<readonly Attempt[]>;
}
