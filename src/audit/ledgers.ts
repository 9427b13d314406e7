import type { EventId } from '../domain/ids.ts';
import type { Intent } from '../domain/ports/payment-gateway.ts';
import type { SaleRecords } from '../domain/sale-records.ts';
import { systemClock } from '../infra/environment.ts';
import { silentLog } from '../infra/log.ts';
import { createAuditReader } from '../infra/postgres/audit-reader.ts';
import { primaryOf } from '../infra/postgres/primary.ts';
import { createPool } from '../infra/postgres/pool.ts';
import { createStripeGateway } from '../infra/stripe/stripe-gateway.ts';
import { settled } from './settling.ts';

export interface LedgerAddresses {
  readonly databaseUrl: string;
  /** Null: not known, and what needs the gateway's ledger is not checked. */
  readonly stripeApiUrl: string | null;
  readonly stripeSecretKey: string;
}

/** Both ledgers of one event, as they stand. */
export interface Ledgers {
  /** Null: there is no such event in this database. */
  readonly records: SaleRecords | null;
  readonly intents: readonly Intent[] | null;
  /** How long it took until nothing was under way any more, or the patience was over. */
  readonly settledMs: number;
}

const intentsOf = async (addresses: LedgerAddresses, eventId: EventId): Promise<readonly Intent[] | null> => {
  const { stripeApiUrl, stripeSecretKey } = addresses;
  if (stripeApiUrl === null) return null;
  const gateway = createStripeGateway({
    secretKey: stripeSecretKey,
    webhookSecret: 'whsec_unused',
    apiUrl: stripeApiUrl,
    checkoutUrlTemplate: null,
    timeoutMs: 20_000,
    maxNetworkRetries: 3,
    log: silentLog,
  });
  const intents: Intent[] = [];
  for await (const intent of gateway.ledger(eventId)) intents.push(intent);
  return intents;
};

/**
 * Waits at most `settleMs` for the sale to settle and reads both ledgers; writes nothing anywhere. Rejects when one of them
 * cannot be read to its end: half a ledger must never look like a whole one.
 */
export const readLedgers = async (
  addresses: LedgerAddresses,
  eventId: EventId,
  settleMs: number,
): Promise<Ledgers> => {
  const pool = createPool({
    url: await primaryOf(addresses.databaseUrl),
    max: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    applicationName: 'catraca-audit',
    log: silentLog,
  });
  try {
    const reader = createAuditReader(pool);
    const startedMs = performance.now();
    await settled(eventId, reader, systemClock, settleMs);
    const settledMs = performance.now() - startedMs;
    // Money first: what the gateway takes after this read cannot look like money without an order.
    const intents = await intentsOf(addresses, eventId);
    return { records: await reader.read(eventId), intents, settledMs };
  } finally {
    await pool.end();
  }
};
