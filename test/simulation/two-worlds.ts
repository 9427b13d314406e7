import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { QueueName } from '../../src/domain/messages.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { createAccessBook } from '../../src/infra/postgres/access-book.ts';
import { createEventStore } from '../../src/infra/postgres/event-store.ts';
import { createDrawBook } from '../../src/infra/postgres/draw-book.ts';
import { createHandOverBook } from '../../src/infra/postgres/hand-overs.ts';
import { createLineJournal } from '../../src/infra/postgres/line-journal.ts';
import { createOrderBook } from '../../src/infra/postgres/order-book.ts';
import { noteLostQueue } from '../../src/infra/postgres/lost-queues.ts';
import { createOutbox } from '../../src/infra/postgres/outbox.ts';
import { createPaymentStore } from '../../src/infra/postgres/payment-store.ts';
import { createReconciliationStore } from '../../src/infra/postgres/reconciliation-store.ts';
import { createReviewStore } from '../../src/infra/postgres/review-store.ts';
import type { Pool } from '../../src/infra/postgres/pool.ts';
import { createSeatLedger } from '../../src/infra/postgres/seat-ledger.ts';
import {
  createPostgresModel,
  type PostgresModel,
  type PostgresPorts,
} from '../../src/simulation/model/postgres.ts';

/**
 * Two databases that are asked the same: Postgres and its model. All times of a test are whole multiples of 15 minutes apart
 * and no two are equal, so that how long the machine takes makes no difference.
 */
export const QUARTER_MS = 900_000;

/** What happens between two moments, in Postgres: every time that is written there moves into the past. */
const TIMES: Readonly<Record<string, readonly string[]>> = {
  'tickets.events': ['opens_at', 'created_at', 'refunds_until'],
  'tickets.seats': ['held_until', 'changed_at'],
  'tickets.holds': ['held_at', 'expires_at'],
  'tickets.orders': ['pay_by', 'reminded_at', 'created_at', 'settled_at'],
  'tickets.tickets': ['issued_at'],
  'tickets.outbox': ['occurred_at', 'leased_until', 'sent_at', 'again_at'],
  'line.access_codes': ['starts_at', 'ends_at', 'revoked_at', 'created_at'],
  'line.redemptions': ['redeemed_at'],
  'line.places': ['joined_at'],
  'line.admissions': ['admitted_at', 'expires_at', 'left_at'],
  'payments.attempts': ['pay_by', 'next_check_at', 'leased_until', 'created_at', 'updated_at'],
  'payments.outbox': ['occurred_at', 'leased_until', 'sent_at', 'again_at'],
  'bus.lost_queues': ['lost_at'],
  'payments.reviews': ['opened_at', 'resolved_at'],
};

const shift = async (pool: Pool, byMs: number): Promise<void> => {
  const statements = Object.entries(TIMES).map(([table, columns]) => {
    const changes = columns.map((column) => `${column} = ${column} - ${byMs} * interval '1 millisecond'`);
    return `UPDATE ${table} SET ${changes.join(', ')}`;
  });
  const inData = `UPDATE tickets.outbox SET data = jsonb_set(data, '{payByMs}', to_jsonb((data->>'payByMs')::bigint - ${byMs}))
                   WHERE data ? 'payByMs'`;
  // One round trip: a run lets time pass often.
  await pool.query([...statements, inData].join('; '));
};

/** Those that others refer to come last. */
const EMPTIED =
  'line.redemptions line.access_codes line.invitations line.bypasses tickets.tickets tickets.orders tickets.holds tickets.seats tickets.sections tickets.events tickets.fan_usage tickets.inbox tickets.outbox line.places line.admissions line.hand_overs line.counters payments.reviews payments.attempts payments.outbox payments.inbox payments.gateway_events bus.lost_queues'.split(
    ' ',
  );

/** Names that each side makes for itself. */
const OWN_NAMES = new Set(['ticketId', 'id', 'reviewId']);

/** Names that a test gave to both. A hold that has another was granted to late money, and each side named it by itself. */
const given = new Set<string>();
const holdName = (value: unknown): unknown =>
  typeof value !== 'string' || given.has(value) ? value : 'a late hold';

const sortKey = (value: unknown): string => JSON.stringify(value) ?? '';

/** An answer without what may rightly differ: own names, the order of sets, and times but for the quarter of an hour. */
export const comparable = (value: unknown, nowMs: number): unknown => {
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item) => comparable(item, nowMs));
    return items.every((item) => typeof item === 'object')
      ? items.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
      : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const isRefused = 'kind' in value && value.kind === 'refused';
  const entries = Object.entries(value)
    .filter(([name, member]) => !OWN_NAMES.has(name) && member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([name, member]) => {
      // Which seats are taken is a set; the seats of a hold or an order have an order.
      if (name === 'seatIds' && isRefused) return [name, (member as readonly string[]).toSorted()];
      if (name === 'holdId') return [name, holdName(member)];
      if (name === 'holdIds') return [name, (member as readonly unknown[]).map(holdName)];
      if (typeof member !== 'number' || !name.endsWith('Ms')) return [name, comparable(member, nowMs)];
      const awayMs = /^(remaining|oldestAge)/.test(name) ? member : member - nowMs;
      // The time since the epoch is nobody's distance from now.
      return [name, Math.abs(awayMs) > 1e11 ? 'far' : Math.round(awayMs / QUARTER_MS) + 0];
    }),
  );
};

export interface Side {
  readonly ports: PostgresPorts;
  nowMs(): number;
  advance(byMs: number): Promise<void>;
  /** A node has found the queue missing. */
  noteLostQueue(queue: QueueName): Promise<void>;
}

export interface TwoWorlds {
  readonly real: Side;
  readonly model: Side & { readonly whole: PostgresModel };
}

/** Both empty. `pool` is a database of the test's own: its tables are emptied. */
export const openTwoWorlds = async (pool: Pool): Promise<TwoWorlds> => {
  // Nothing here has to survive a crash, and waiting for the disk would be most of the time.
  await pool.query(
    ['SET synchronous_commit TO off', ...EMPTIED.map((table) => `DELETE FROM ${table}`)].join('; '),
  );
  let modelNowMs = Date.now();
  const whole = createPostgresModel({ nowMs: () => modelNowMs }, systemIds);
  return {
    real: {
      nowMs: () => Date.now(),
      advance: (byMs) => shift(pool, byMs),
      noteLostQueue: (queue) => noteLostQueue(pool, queue),
      ports: {
        events: createEventStore(pool),
        ledger: createSeatLedger(pool),
        orders: createOrderBook(pool),
        ticketOutbox: createOutbox(pool, 'tickets'),
        journal: createLineJournal(pool),
        draws: createDrawBook(pool),
        handOvers: createHandOverBook(pool),
        access: createAccessBook(pool),
        payments: createPaymentStore(pool),
        reviews: createReviewStore(pool),
        reconciliation: createReconciliationStore(pool),
        paymentOutbox: createOutbox(pool, 'payments'),
      },
    },
    model: {
      nowMs: () => modelNowMs,
      advance(byMs) {
        modelNowMs += byMs;
        return Promise.resolve();
      },
      noteLostQueue: (queue) => Promise.resolve(whole.noteLostQueue(queue)),
      ports: whole.ports,
      whole,
    },
  };
};

/** The answer of one side, or what it threw: that both fail is all that must agree. */
const answerOf = async (side: Side, ask: (side: Side) => Promise<unknown>): Promise<unknown> => {
  try {
    return comparable(await ask(side), side.nowMs());
  } catch {
    return 'threw';
  }
};

/** Asks both the same; throws if they answer differently. */
export const askBoth = async (
  { real, model }: TwoWorlds,
  what: string,
  ask: (side: Side) => Promise<unknown>,
): Promise<void> => {
  const [ofReal, ofModel] = [await answerOf(real, ask), await answerOf(model, ask)];
  if (isDeepStrictEqual(ofReal, ofModel)) return;
  throw new Error(`${what}\nPostgres: ${JSON.stringify(ofReal)}\nmodel:    ${JSON.stringify(ofModel)}`);
};

export const names = (count: number): readonly string[] => {
  const fresh = Array.from({ length: count }, () => randomUUID()).sort();
  for (const name of fresh) given.add(name);
  return fresh;
};
