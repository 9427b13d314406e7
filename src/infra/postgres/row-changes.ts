/**
 * What was changed since an earlier look, by the transaction that wrote each row: the row itself tells its number (`xmin`), and a
 * snapshot the oldest one that it could not see. It needs no column, no index and no clock, and whoever commits late is not missed. (By a time
 * of change, looks would have to overlap by as long as a commit may take.)
 */

/** To be selected beside what is read: whatever this statement does not see has this number or a greater one. */
export const KNOWN_UNTIL = 'pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS "knownUntil"';

/** A row tells the lower 32 bits of its transaction's number only. */
const XIDS = 2 ** 32;

/** For WHERE: rows written by `since` (of `sinceParameter`) or later; `parameter` is the statement's placeholder. */
export const changedSince = (parameter: string): string =>
  `age(xmin) <= (SELECT age(${parameter}::text::xid))`;

/** What to send for `changedSince`. */
export const sinceParameter = (knownUntil: number): number => knownUntil % XIDS;

/** The number in full: the nearest one to `near` with these lower bits, so it holds for two thousand million transactions. */
export const fullXid = (xmin: number, near: number): number => near + ((xmin - (near % XIDS)) | 0);
