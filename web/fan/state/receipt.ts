import { newKey } from '../../shared/api.ts';
import { stored } from './stored.ts';

/** What the server gives a fan for a part in the draw (docs/DRAW.md). */
export interface Receipt {
  readonly index: number;
  readonly fanId: string;
  readonly leaf: string;
  readonly head: string;
  readonly commitment: string;
}

/** With what this browser had sent for it; without, somebody else had joined as this fan before. */
export interface KeptReceipt extends Receipt {
  readonly entropy?: string;
}

const sent = (eventId: string) => stored<string | null>(`entropy.${eventId}`, null);

/** This fan's receipt for the draw of an event; null: joined after the opening, or not here. */
export const receiptOf = (eventId: string) => stored<KeptReceipt | null>(`receipt.${eventId}`, null);

/**
 * Chance of this fan's own for the draw. Kept before it is sent, and the same at each try: of two joins whose answers were lost
 * nobody knows which one entered.
 */
export const entropyFor = (eventId: string): { readonly entropy: string; readonly isNew: boolean } => {
  const before = sent(eventId).value;
  const entropy = before ?? newKey();
  sent(eventId).value = entropy;
  return { entropy, isNew: before === null };
};

/** The join was refused for certain: nothing was entered with what was sent. */
export const forgetEntropy = (eventId: string): void => {
  sent(eventId).value = null;
};

/** Keeps what came back. `own`: this browser's entropy may be in it, because it made the place or had tried before. */
export const keepReceipt = (eventId: string, receipt: Receipt | null, own: boolean): void => {
  const entropy = sent(eventId).value;
  if (receipt !== null && receiptOf(eventId).value === null)
    receiptOf(eventId).value = own && entropy !== null ? { ...receipt, entropy } : receipt;
  forgetEntropy(eventId);
};
