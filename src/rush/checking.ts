import { audit, isBroken } from '../audit/audit.ts';
import type { ClientHistory } from '../audit/history.ts';
import { settled } from '../audit/settling.ts';
import { notChecked, type Verdict } from '../audit/verdict.ts';
import type { Intent } from '../domain/ports/payment-gateway.ts';
import { systemClock } from '../infra/environment.ts';
import { silentLog } from '../infra/log.ts';
import { createAuditReader } from '../infra/postgres/audit-reader.ts';
import { createPool } from '../infra/postgres/pool.ts';
import { createStripeGateway } from '../infra/stripe/stripe-gateway.ts';

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

const intentsOf = async (checking: Checking): Promise<readonly Intent[] | null> => {
  if (checking.stripeApiUrl === null) return null;
  const gateway = createStripeGateway({
    secretKey: checking.stripeSecretKey,
    webhookSecret: 'whsec_unused',
    apiUrl: checking.stripeApiUrl,
    checkoutUrlTemplate: null,
    timeoutMs: 20_000,
    maxNetworkRetries: 3,
    log: silentLog,
  });
  const intents: Intent[] = [];
  for await (const intent of gateway.ledger(checking.eventId)) intents.push(intent);
  return intents;
};

/** Waits for the sale to settle, reads both ledgers and holds them against each other and against what fans were told. */
export const check = async (checking: Checking): Promise<Checked> => {
  if (checking.databaseUrl === null) {
    const why = 'no database URL is known: give --database-url';
    return { verdicts: [notChecked('all', 'the ledgers', why)], settledMs: 0, broken: false };
  }
  const pool = createPool({
    url: checking.databaseUrl,
    max: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    applicationName: 'catraca-audit',
    log: silentLog,
  });
  try {
    const reader = createAuditReader(pool);
    const startedMs = performance.now();
    await settled(checking.eventId, reader, systemClock, checking.settleMs);
    const settledMs = performance.now() - startedMs;
    // Money first: what the gateway takes after this read cannot look like money without an order.
    const intents = await intentsOf(checking);
    const records = await reader.read(checking.eventId);
    if (records === null)
      throw new Error('the event is not in this database: is --database-url the server’s own?');
    const verdicts = audit({ ...checking, records, intents });
    return { verdicts, settledMs, broken: isBroken(verdicts) };
  } finally {
    await pool.end();
  }
};
