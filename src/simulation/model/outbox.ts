import type { OrderId } from '../../domain/ids.ts';
import type { AnyEnvelope } from '../../domain/messages.ts';
import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { Outbox } from '../../domain/ports/outbox.ts';
import type { Database } from './tables.ts';

interface OutboxRow {
  readonly position: number;
  readonly envelope: AnyEnvelope;
  readonly leasedUntilMs: number | null;
  readonly sent: boolean;
  /** Null: it was not sent before. */
  readonly againAtMs: number | null;
}

export interface OutboxModel {
  readonly port: Outbox;
  /** Within a transaction: a message that is said if, and only if, that commits. */
  write(message: Pick<AnyEnvelope, 'type' | 'eventId' | 'orderId' | 'data'>): void;
  /** Puts what was sent about the order back among the unsent. True: there was something. */
  sayAgain(orderId: OrderId): boolean;
  /** Every message ever written, in order. */
  said(): readonly AnyEnvelope[];
  unsent(eventId: string): number;
}

const toEnvelope = ({ envelope, againAtMs }: OutboxRow): AnyEnvelope =>
  againAtMs === null ? envelope : { ...envelope, saidAgainAtMs: Math.floor(againAtMs) };

/** `createOutbox` of Postgres, in memory: the same leases, the same order. */
export const createOutboxModel = (db: Database, clock: Pick<Clock, 'nowMs'>, ids: Ids): OutboxModel => {
  const rows = db.table<OutboxRow>();
  let position = 0;
  const change = (row: OutboxRow, to: Partial<OutboxRow>): void =>
    rows.set(row.envelope.id, { ...row, ...to });
  const unsentOf = (messageIds: readonly string[]): OutboxRow[] =>
    messageIds.flatMap((id) => rows.get(id) ?? []).filter((row) => !row.sent);

  return {
    write(message) {
      position += 1;
      const envelope = { id: ids.next(), occurredAtMs: Math.floor(clock.nowMs()), ...message } as AnyEnvelope;
      rows.set(envelope.id, { position, envelope, leasedUntilMs: null, sent: false, againAtMs: null });
    },
    sayAgain(orderId) {
      const sent = rows.values().filter((row) => row.sent && row.envelope.orderId === orderId);
      for (const row of sent) change(row, { sent: false, leasedUntilMs: null, againAtMs: clock.nowMs() });
      return sent.length > 0;
    },
    said: () => rows.values().map((row) => row.envelope),
    unsent: (eventId) => rows.values().filter((row) => !row.sent && row.envelope.eventId === eventId).length,
    port: {
      async claim(limit, leaseMs) {
        const nowMs = clock.nowMs();
        const due = rows
          .values()
          .filter((row) => !row.sent && (row.leasedUntilMs === null || row.leasedUntilMs <= nowMs))
          .sort((a, b) => (a.againAtMs ?? 0) - (b.againAtMs ?? 0) || a.position - b.position)
          .slice(0, limit);
        for (const row of due) change(row, { leasedUntilMs: nowMs + leaseMs });
        return due.map(toEnvelope);
      },
      async markSent(messageIds) {
        for (const row of unsentOf(messageIds)) change(row, { sent: true, leasedUntilMs: null });
      },
      async giveBack(messageIds) {
        for (const row of unsentOf(messageIds)) change(row, { leasedUntilMs: null });
      },
      // The simulated broker loses no queues.
      recover: async () => 0,
      async backlog() {
        const unsent = rows.values().filter((row) => !row.sent);
        const oldest = Math.min(...unsent.map((row) => row.againAtMs ?? row.envelope.occurredAtMs));
        const oldestAgeMs = unsent.length === 0 ? 0 : Math.max(0, Math.floor(clock.nowMs() - oldest));
        return { unsent: unsent.length, oldestAgeMs };
      },
    },
  };
};
