import { audit, isBroken } from '../audit/audit.ts';
import { figuresOf, type Figures } from '../audit/figures.ts';
import { readLedgers, type Ledgers } from '../audit/ledgers.ts';
import type { Verdict } from '../audit/verdict.ts';
import { reasonOf } from '../app/start-error.ts';
import { readConfig, type Config } from '../config.ts';
import { isUuid, type EventId } from '../domain/ids.ts';
import { auditTable, pairs, table } from '../rush/report.ts';
import { readRunNote } from './run-note.ts';
import { parsed, UsageError } from './usage.ts';

/** It could not look, so nothing is said about any promise. */
const COULD_NOT_LOOK = 2;

const OPTIONS = {
  event: { type: 'string' },
  settle: { type: 'string', default: '10' },
  'without-gateway': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

interface Wanted {
  readonly eventId: EventId;
  readonly settleMs: number;
  readonly withGateway: boolean;
  readonly json: boolean;
}

const wantedOf = (args: readonly string[]): Wanted => {
  const { values } = parsed({ args: [...args], options: OPTIONS });
  const { event, settle, json } = values;
  if (event === undefined || !isUuid(event)) throw new UsageError('verify --event ID');
  const settleMs = Number(settle) * 1_000;
  if (!Number.isFinite(settleMs) || settleMs < 0) throw new UsageError('--settle is a number of seconds');
  return { eventId: event, settleMs, withGateway: !values['without-gateway'], json };
};

const look = async (config: Config, wanted: Wanted): Promise<Ledgers> => {
  const note = await readRunNote(config);
  const databaseUrl = config.DATABASE_URL ?? note?.databaseUrl ?? null;
  if (databaseUrl === null)
    throw new Error('no database: set DATABASE_URL, or start a server in this folder first');
  const stripeApiUrl = wanted.withGateway ? (config.STRIPE_API_URL ?? note?.sandboxUrl ?? null) : null;
  if (stripeApiUrl === null && wanted.withGateway)
    throw new Error('no gateway: set STRIPE_API_URL and STRIPE_SECRET_KEY, or give --without-gateway');
  const addresses = { databaseUrl, stripeApiUrl, stripeSecretKey: config.STRIPE_SECRET_KEY };
  return readLedgers(addresses, wanted.eventId, wanted.settleMs);
};

const money = (minor: number, currency: string): string => `${(minor / 100).toFixed(2)} ${currency}`;

const figuresTable = (figures: Figures, currency: string): string => {
  const { gateway, tickets } = figures;
  const kept =
    gateway === null
      ? 'not read'
      : `${pairs(gateway.intents)}; captured ${money(gateway.capturedMinor, currency)}, ` +
        `refunded ${money(gateway.refundedMinor, currency)}`;
  return table(
    [
      ['seats', pairs(figures.seats)],
      ['holds', pairs(figures.holds)],
      ['orders', `${pairs(figures.orders)}; sold for ${money(figures.soldMinor, currency)}`],
      ['tickets', `live ${tickets.live}, voided ${tickets.voided}`],
      ['attempts', pairs(figures.attempts)],
      ['gateway', kept],
    ],
    2,
  );
};

const report = (verdicts: readonly Verdict[], figures: Figures, currency: string): string => {
  const said = isBroken(verdicts) ? 'A PROMISE WAS BROKEN.' : 'Every promise that was checked was kept.';
  return `\n${figuresTable(figures, currency)}\n\n${auditTable(verdicts)}\n\n  ${said}\n\n`;
};

/**
 * `verify --event ID`: the checkers of every rush and chaos run, on a real event. It reads Postgres in one snapshot and the
 * gateway's list of payments, and writes nothing. Exit code 0: everything checked was kept; 1: a promise was broken; 2: it
 * could not look.
 */
export const verifyCommand = async (
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> => {
  const wanted = wantedOf(args);
  const config = readConfig(environment);
  let ledgers: Ledgers;
  try {
    ledgers = await look(config, wanted);
  } catch (error) {
    process.stderr.write(`It could not look: ${reasonOf(error)}.\n`);
    return COULD_NOT_LOOK;
  }
  const { records, intents } = ledgers;
  if (records === null) {
    process.stderr.write(`It could not look: event ${wanted.eventId} is not in this database.\n`);
    return COULD_NOT_LOOK;
  }
  const nobody = { history: null, seatsExpected: null, alone: false };
  const verdicts = audit({ ...nobody, records, intents, callTtlMs: config.CALL_TTL_MS });
  const figures = figuresOf(records, intents);
  const ok = !isBroken(verdicts);
  const { eventId } = wanted;
  process.stdout.write(
    wanted.json
      ? `${JSON.stringify({ eventId, ok, readAtMs: records.readAtMs, figures, audit: verdicts })}\n`
      : report(verdicts, figures, records.event.currency),
  );
  return ok ? 0 : 1;
};
