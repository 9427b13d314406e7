import type { HoldId } from './ids.ts';

/** The value of a seat's lock: who took it, for which hold. Only the hold decides about ownership. */
export const lockValue = (owner: string, holdId: HoldId): string => `${owner}:${holdId}`;

export const lockIsOf = (value: string, holdId: HoldId): boolean => value.endsWith(`:${holdId}`);
