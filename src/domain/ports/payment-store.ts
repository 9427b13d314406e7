import type { Alarm, Attempt, AttemptChange } from '../attempt.ts';
import type { AttemptId, OrderId } from '../ids.ts';
import type { AnyEnvelope } from '../messages.ts';
import type { ReviewMatter } from '../review.ts';

/** What a transaction did to an attempt: the row as it is now, and whether this call changed it. */
export interface AppliedChange {
  readonly attempt: Attempt;
  readonly changed: boolean;
  /** The gateway event had been counted before; nothing was applied. */
  readonly duplicate: boolean;
  /** A message went into the outbox. */
  readonly said: boolean;
  readonly alarm: Alarm | null;
}

/** `no_attempt`: the order has no attempt here (yet); the message was not counted. */
export type ReceivedMessage =
  | { readonly kind: 'counted'; readonly applied: AppliedChange | null }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'no_attempt' };

/** `overdue`: its time to pay is over, by the store's clock. */
export interface DueAttempt {
  readonly attempt: Attempt;
  readonly overdue: boolean;
}

/** The payment service's own tables. Each method is one transaction. A rejected promise means: outcome not known. */
export interface PaymentStore {
  /** Inserts the attempt if it is new; returns the row that stands. */
  begin(attempt: Attempt): Promise<Attempt>;
  /**
   * Inserts an attempt for money that we did not ask for, if there is none, and opens its matter for a person. True: the
   * matter is new.
   */
  adopt(attempt: Attempt, matter: ReviewMatter): Promise<boolean>;
  find(attemptId: AttemptId): Promise<Attempt | null>;
  findByIntent(intentId: string): Promise<Attempt | null>;
  /** The newest attempt of the order. */
  findByOrder(orderId: OrderId): Promise<Attempt | null>;
  /**
   * Locks the attempt, applies the pure transition, stores it, writes the message it calls for to the outbox, and opens the
   * matter that it leaves to a person. With
   * `gatewayEventId`, the webhook inbox counts it first: a repeat changes nothing. Null: there is no such attempt, and
   * nothing was counted.
   */
  apply(attemptId: AttemptId, change: AttemptChange, gatewayEventId?: string): Promise<AppliedChange | null>;
  /** Counts a bus message; `change` is applied to the order's newest attempt in the same transaction. */
  receive(message: AnyEnvelope, change: AttemptChange | null): Promise<ReceivedMessage>;
  /**
   * Puts what was said about the order's attempts (`PagamentoOK`, `PagamentoFalhou`) back among the unsent, under its old
   * message id: a receiver that has counted it ignores it, one that lost it hears it. True: there was something to send again.
   */
  sayAgain(orderId: OrderId): Promise<boolean>;
  /**
   * Leases for `leaseMs` the attempts that want something done (see `attempt-schedule.ts`), longest due first, and sets
   * when they are due again. Safe in many copies at once.
   */
  claimDue(limit: number, leaseMs: number): Promise<readonly DueAttempt[]>;
  /** Ends the lease: the work was tried. It is due again when its schedule says so. */
  release(attemptId: AttemptId): Promise<void>;
  /** A page of attempts by id, for the reconciler. */
  page(after: AttemptId | null, limit: number): Promise<readonly Attempt[]>;
}
