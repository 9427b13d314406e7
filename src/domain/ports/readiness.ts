import type { RefusalCode } from '../refusal.ts';

export type ReadyCheckName = 'sign_in' | 'sale' | 'access' | 'door';

export interface ReadyCheck {
  readonly check: ReadyCheckName;
  readonly ok: boolean;
  /** What stands in the way, or, where it is `ok`, what will still be asked for. */
  readonly code: RefusalCode | null;
  readonly detail: string | null;
}

/** What a join of this fan would meet now. */
export interface Readiness {
  readonly ready: boolean;
  /** Where they would stand; null: one line for all, past it, or nowhere yet. */
  readonly lane: string | null;
  readonly bypass: boolean;
  readonly checks: readonly ReadyCheck[];
}
