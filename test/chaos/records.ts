import type { StrikeRecord } from '../../src/chaos/strikes.ts';

/** A strike on Redis at 1 s, healed from 2 s to 2.5 s. */
export const strikeRecord = (kind: string, more: Partial<StrikeRecord> = {}): StrikeRecord => ({
  kind,
  part: 'redis',
  target: 'Redis',
  struckAtMs: 1_000,
  doneAtMs: 1_010,
  healStartedAtMs: 2_000,
  healedAtMs: 2_500,
  missed: null,
  backAfterMs: null,
  unhealed: null,
  ...more,
});
