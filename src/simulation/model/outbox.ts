import type { OrderId } from '../../domain/ids.ts';
import type { AnyEnvelope } from '../../domain/messages.ts';
import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { Outbox } from '../../domain/ports/outbox.ts';
import type { Database } from './tables.ts';

interface OutboxRow {
  readonly position: number;
  readonly envelope: AnyEnvelope;
  readonly leasedUntilMs: number | null;
  readonly sentAtMs: number | null;
  /** Null: it was not sent before. */
  readonly againAtMs: number | null;
}

/** As in `createOutbox`. */
const SAID_WITHIN_MS = 86_400_000;
const AGAIN_AFTER_MS = 60_000;
const AGAIN_EVERY_MS = 1;

export interface OutboxModel {
  readonly port: Outbox;
  /** Within a transaction: a message that is said if, and only if, that commits. */
  write(message: Pick<AnyEnvelope, 'type' | 'eventId' | 'orderId' | 'data'>): void;
  /** Puts what was sent about the order back among the unsent. True: there was something. */
  sayAgain(orderId: OrderId): boolean;
  /** The broker has lost the queue in which this service is heard: `recover` will see it, twice. */
  lose(): void;
  /** Every message ever written, in order. */
  said(): readonly AnyEnvelope[];
  unsent(eventId: string): number;
}

const toEnvelope = ({ envelope, againAtMs }: OutboxRow): AnyEnvelope =>
  againAtMs === null ? envelope : { ...envelope, saidAgainAtMs: Math.floor(againAtMs) };

export interface OutboxParts {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly ids: Ids;
  /** It need not be said again: what has become of the matter shows that it was heard. */
  readonly isHeard: (message: AnyEnvelope) => boolean;
}

/** `createOutbox` of Postgres, in memory: the same leases, the same order. */
export const createOutboxModel = ({ db, clock, ids, isHeard }: OutboxParts): OutboxModel => {
  const rows = db.table<OutboxRow>();
  const losses = db.table<{ readonly atMs: number; readonly rounds: number }>();
  let position = 0;
  const change = (row: OutboxRow, to: Partial<OutboxRow>): void =>
    rows.set(row.envelope.id, { ...row, ...to });
  const unsentOf = (messageIds: readonly string[]): OutboxRow[] =>
    messageIds.flatMap((id) => rows.get(id) ?? []).filter((row) => row.sentAtMs === null);

  /** True: a loss is new, or so old that whatever was confirmed before it has been ticked off. */
  const isLossDue = (): boolean => {
    const before = clock.nowMs() - AGAIN_AFTER_MS;
    let due = false;
    for (const [key, { atMs, rounds }] of losses.entries()) {
      if (rounds > 1 || (rounds === 1 && atMs > before)) continue;
      losses.set(key, { atMs, rounds: rounds + 1 });
      due = true;
    }
    return due;
  };

  const recover = (): number => {
    if (!isLossDue()) return 0;
    const nowMs = clock.nowMs();
    const again = rows
      .values()
      .filter(
        ({ sentAtMs, envelope }) =>
          sentAtMs !== null && sentAtMs > nowMs - SAID_WITHIN_MS && !isHeard(envelope),
      )
      .sort((a, b) => (b.sentAtMs ?? 0) - (a.sentAtMs ?? 0) || b.position - a.position);
    for (const [after, row] of again.entries())
      change(row, { sentAtMs: null, leasedUntilMs: null, againAtMs: nowMs + after * AGAIN_EVERY_MS });
    return again.length;
  };

  return {
    write(message) {
      position += 1;
      const envelope = { id: ids.next(), occurredAtMs: Math.floor(clock.nowMs()), ...message } as AnyEnvelope;
      rows.set(envelope.id, { position, envelope, leasedUntilMs: null, sentAtMs: null, againAtMs: null });
    },
    sayAgain(orderId) {
      const sent = rows.values().filter((row) => row.sentAtMs !== null && row.envelope.orderId === orderId);
      for (const row of sent) change(row, { sentAtMs: null, leasedUntilMs: null, againAtMs: clock.nowMs() });
      return sent.length > 0;
    },
    lose: () => losses.set(ids.next(), { atMs: clock.nowMs(), rounds: 0 }),
    said: () => rows.values().map((row) => row.envelope),
    unsent: (eventId) =>
      rows.values().filter((row) => row.sentAtMs === null && row.envelope.eventId === eventId).length,
    port: {
      async claim(limit, leaseMs) {
        const nowMs = clock.nowMs();
        const due = rows
          .values()
          .filter(
            ({ sentAtMs, againAtMs, leasedUntilMs }) =>
              sentAtMs === null && (againAtMs ?? 0) <= nowMs && (leasedUntilMs ?? 0) <= nowMs,
          )
          .sort((a, b) => (a.againAtMs ?? 0) - (b.againAtMs ?? 0) || a.position - b.position)
          .slice(0, limit);
        for (const row of due) change(row, { leasedUntilMs: nowMs + leaseMs });
        return due.map(toEnvelope);
      },
      async markSent(messageIds) {
        for (const row of unsentOf(messageIds)) change(row, { sentAtMs: clock.nowMs(), leasedUntilMs: null });
      },
      async giveBack(messageIds) {
        for (const row of unsentOf(messageIds)) change(row, { leasedUntilMs: null });
      },
      recover: async () => db.atomically(recover),
      async backlog() {
        const unsent = rows.values().filter((row) => row.sentAtMs === null);
        const oldest = Math.min(...unsent.map((row) => row.againAtMs ?? row.envelope.occurredAtMs));
        const oldestAgeMs = unsent.length === 0 ? 0 : Math.max(0, Math.floor(clock.nowMs() - oldest));
        return { unsent: unsent.length, oldestAgeMs };
      },
    },
  };
};
