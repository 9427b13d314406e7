import type { AnyEnvelope } from '../messages.ts';

/** The rows a service has committed but not yet seen confirmed by the bus. Safe in many copies at once. */
export interface Outbox {
  /** Leases unsent rows for `leaseMs`, the oldest first and what is said again after them; a row whose lease ran out is claimed again by whoever asks. */
  claim(limit: number, leaseMs: number): Promise<readonly AnyEnvelope[]>;
  markSent(ids: readonly string[]): Promise<void>;
  /** Gives rows back at once, for the next claim. */
  giveBack(ids: readonly string[]): Promise<void>;
  /**
   * Puts what was sent within the last day, and is not known to be heard, back among the unsent, if the bus has lost the queue it
   * went to; how many rows. They become due a thousand a second, the newest first.
   * Each loss counts for every copy together, not for each.
   */
  recover(): Promise<number>;
  backlog(): Promise<{ readonly unsent: number; readonly oldestAgeMs: number }>;
}
