import type { Attempt } from '../attempt.ts';
import type { AttemptId, EventId } from '../ids.ts';
import type { Difference, MoneyClass } from '../reconciliation.ts';

/** A difference and for how long looks have seen it unchanged. */
export interface StandingDifference extends Difference {
  readonly standingMs: number;
}

/** Payments of one class and currency. For `refunded` what went back, for the others what the gateway has. */
export interface MoneyLine {
  readonly class: MoneyClass;
  readonly currency: string;
  readonly payments: number;
  readonly amountMinor: number;
}

/** What the last finished look found. */
export interface MoneyReport {
  readonly lookedAtMs: number;
  /** Payments that are in no class, for longer than work under way explains. There must be none. */
  readonly unbalanced: number;
  readonly lines: readonly MoneyLine[];
  readonly differences: readonly StandingDifference[];
}

/** The reconciler's own tables, and its reading of the attempts. Each method is one transaction; times are the store's. */
export interface ReconciliationStore {
  /** True for one caller at a time, `everyMs` after the last look began; the others look on. A look that dies frees it after `leaseMs`. */
  claim(everyMs: number, leaseMs: number): Promise<boolean>;
  attempts(attemptIds: readonly AttemptId[]): Promise<readonly Attempt[]>;
  /** Those of the events that some attempt of ours is for. */
  eventsSold(eventIds: readonly EventId[]): Promise<readonly EventId[]>;
  /** A page of the attempts that have an intent and were made within the last `withinMs`, by id. */
  attemptsWithIntent(withinMs: number, after: AttemptId | null, limit: number): Promise<readonly Attempt[]>;
  /** Replaces what stands by these, each with the time since it was first seen unchanged. */
  record(differences: readonly Difference[]): Promise<readonly StandingDifference[]>;
  /** What stood after the last look. */
  standing(): Promise<readonly StandingDifference[]>;
  /** Ends the turn, however the look went. */
  release(): Promise<void>;
  /** What the look that is claimed has found, for `report`. */
  finish(outcome: Pick<MoneyReport, 'unbalanced' | 'lines'>): Promise<void>;
  /** Null: no look has been finished yet. */
  report(): Promise<MoneyReport | null>;
}
