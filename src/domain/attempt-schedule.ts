import type { Attempt } from './attempt.ts';
import type { AttemptStatus } from './attempt-table.ts';

/** What is to be done at the gateway. `look`: nothing is owed; read the intent in case a webhook was lost. */
export type Want = 'open' | 'look' | 'cancel' | 'capture' | 'refund' | 'keep' | 'return';

const WANTS: Readonly<Record<AttemptStatus, Want | null>> = {
  new: 'open',
  open: 'look',
  cancelling: 'cancel',
  voiding: 'cancel',
  capturing: 'capture',
  refunding: 'refund',
  // What the gateway has decides how: these look first.
  keeping: 'keep',
  returning: 'return',
  // These wait for tickets, or for nobody.
  authorised: null,
  lapsed: null,
  captured: null,
  cancelled: null,
  late: null,
  voided: null,
  refunded: null,
  review: null,
  honouring: null,
  kept: null,
  dismissed: null,
};

export const wantOf = (status: AttemptStatus): Want | null => WANTS[status];

/** Whoever made the change also does the work, at once; the sweeper steps in when that did not finish within this. */
export const HEAD_START_MS = 5_000;
const RETRY_MAX_MS = 30_000;
/** Webhooks usually take a second or two; one that has not come by now may be lost. */
const LOOK_AFTER_MS = 15_000;
const LOOK_MAX_MS = 300_000;

const owedDelayMs = (checks: number): number =>
  checks === 0 ? HEAD_START_MS : Math.min(1_000 * 2 ** Math.min(checks, 10), RETRY_MAX_MS);

const lookDelayMs = (checks: number): number =>
  Math.min(LOOK_AFTER_MS * 2 ** Math.min(checks, 10), LOOK_MAX_MS);

/**
 * When the sweeper is to come back to an attempt that it has checked `checks` times since its last change, in epoch
 * milliseconds; null when there is nothing to come back for. Intervals rise, so an absent gateway is not flooded.
 */
export const nextCheckAtMs = (attempt: Attempt, checks: number, nowMs: number): number | null => {
  const want = wantOf(attempt.status);
  if (want === null) return null;
  if (want !== 'look') return nowMs + owedDelayMs(checks);
  if (nowMs >= attempt.payByMs) return nowMs + owedDelayMs(Math.max(1, checks));
  return Math.min(nowMs + lookDelayMs(checks), attempt.payByMs);
};
