import { from } from 'rxjs';
import { systemRandom } from '../infra/environment.ts';
import type { Logger } from '../infra/log.ts';
import type { PostgresIdempotencyStore } from '../infra/postgres/idempotency-store.ts';
import { repeating } from '../streams/repeat.ts';

/** Stored answers hold tokens and passes, so they live no longer than a client may sensibly repeat a request. */
const ANSWERS_LIVE_MS = 24 * 3_600_000;
const EVERY_MS = 60_000;
const ROWS_A_ROUND = 5_000;

/** Forgets what is no longer needed. Any number of copies may run. */
export const startHousekeeping = (parts: {
  readonly idempotency: PostgresIdempotencyStore;
  readonly log: Logger;
}): { stop(): void } => {
  const subscription = repeating(() => from(parts.idempotency.forget(ANSWERS_LIVE_MS, ROWS_A_ROUND)), {
    everyMs: EVERY_MS,
    jitter: 0.5,
    random: () => systemRandom.next(),
    onError: (error) =>
      parts.log.warn({ err: error }, 'old answers could not be forgotten; the next round tries again'),
  }).subscribe();
  return { stop: () => subscription.unsubscribe() };
};
