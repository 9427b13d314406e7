import { audit, isBroken } from '../audit/audit.ts';
import type { ClientHistory } from '../audit/history.ts';
import { readLedgers } from '../audit/ledgers.ts';
import { notChecked, type Verdict } from '../audit/verdict.ts';

/** Where the ledgers are; null: not known, and what needs it is not checked. */
export interface LedgerPlaces {
  readonly databaseUrl: string | null;
  readonly stripeApiUrl: string | null;
  readonly stripeSecretKey: string;
  readonly callTtlMs: number;
}

export interface Checking extends LedgerPlaces {
  readonly eventId: string;
  readonly history: ClientHistory;
  readonly seatsExpected: number | null;
  readonly alone: boolean;
  readonly settleMs: number;
}

export interface Checked {
  readonly verdicts: readonly Verdict[];
  readonly settledMs: number;
  readonly broken: boolean;
}

/** Waits for the sale to settle, reads both ledgers and holds them against each other and against what fans were told. */
export const check = async (checking: Checking): Promise<Checked> => {
  const { databaseUrl, eventId, settleMs } = checking;
  if (databaseUrl === null) {
    const why = 'no database URL is known: give --database-url';
    return { verdicts: [notChecked('all', 'the ledgers', why)], settledMs: 0, broken: false };
  }
  const ledgers = await readLedgers({ ...checking, databaseUrl }, eventId, settleMs);
  const { records, intents, settledMs } = ledgers;
  if (records === null)
    throw new Error('the event is not in this database: is --database-url the server’s own?');
  const verdicts = audit({ ...checking, records, intents });
  return { verdicts, settledMs, broken: isBroken(verdicts) };
};
