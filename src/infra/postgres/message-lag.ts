import type { Pool } from './pool.ts';

export interface MessageLag {
  /** For how long more than a few messages have waited to be sent, by the clock of Postgres. 0: none do. */
  readonly unsentMs: number;
  /** How far the clock of this process is ahead of that of Postgres; negative: behind. */
  readonly aheadMs: number;
}

/** A few that cannot be sent are a fault of theirs, and must not look like a slow broker for ever. */
const STUCK = 4;

const fresh = (table: string): string =>
  `(SELECT occurred_at FROM ${table} WHERE sent_at IS NULL AND again_at IS NULL ORDER BY position OFFSET ${STUCK} LIMIT 1)`;
/** Said again, it waits since then. */
const again = (table: string): string =>
  `(SELECT again_at FROM ${table} WHERE sent_at IS NULL AND again_at <= clock_timestamp() ORDER BY again_at OFFSET ${STUCK} LIMIT 1)`;

const WAITING = ['tickets.outbox', 'payments.outbox']
  .flatMap((table) => [fresh(table), again(table)])
  .join(', ');

const LOOK = `
  SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms,
         greatest(0, coalesce(extract(epoch FROM clock_timestamp() - least(${WAITING})) * 1000, 0))::bigint AS unsent_ms`;

/** How late the messages between the services are: four index reads, cheap enough for once a second on each node. */
export const readMessageLag = async (pool: Pool, nowMs: () => number): Promise<MessageLag> => {
  const askedMs = nowMs();
  const { rows } = await pool.query<{ now_ms: number; unsent_ms: number }>({
    name: 'message-lag',
    text: LOOK,
  });
  const [row] = rows;
  if (row === undefined) throw new Error('Postgres did not say how late the messages are');
  return { unsentMs: row.unsent_ms, aheadMs: (askedMs + nowMs()) / 2 - row.now_ms };
};
