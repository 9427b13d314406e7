import type { Appeal, AppealDecision } from '../../domain/appeal.ts';
import type { AppealStore } from '../../domain/ports/appeal-store.ts';
import { inTransaction, type Pool } from './pool.ts';

interface AppealRow {
  readonly appeal_id: string;
  readonly event_id: string;
  readonly fan_id: string;
  readonly message: string;
  readonly filed_at: Date;
  readonly decision: AppealDecision | null;
  readonly note: string | null;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
}

const appealFrom = (row: AppealRow): Appeal => ({
  appealId: row.appeal_id,
  eventId: row.event_id,
  fanId: row.fan_id,
  message: row.message,
  filedAtMs: row.filed_at.getTime(),
  resolution:
    row.decision === null || row.decided_at === null
      ? null
      : {
          decision: row.decision,
          note: row.note ?? '',
          by: row.decided_by ?? '',
          atMs: row.decided_at.getTime(),
        },
});

const OF_FAN = 'SELECT * FROM line.appeals WHERE event_id = $1 AND fan_id = $2';

/** `AppealStore` in Postgres: table `line.appeals`. */
export const createAppealStore = (pool: Pool): AppealStore => ({
  async file(appealId, eventId, fanId, message) {
    const { rowCount } = await pool.query(
      `INSERT INTO line.appeals (appeal_id, event_id, fan_id, message) VALUES ($1, $2, $3, $4)
       ON CONFLICT (event_id, fan_id) DO NOTHING`,
      [appealId, eventId, fanId, message],
    );
    const { rows } = await pool.query<AppealRow>(OF_FAN, [eventId, fanId]);
    return { created: rowCount === 1, appeal: appealFrom(rows[0] as AppealRow) };
  },

  async find(eventId, fanId) {
    const { rows } = await pool.query<AppealRow>(OF_FAN, [eventId, fanId]);
    return rows[0] === undefined ? null : appealFrom(rows[0]);
  },

  async list(eventId, state, limit) {
    const { rows } = await pool.query<AppealRow>(
      `SELECT * FROM line.appeals WHERE event_id = $1 AND ($2 OR decision IS NULL) ORDER BY filed_at, appeal_id LIMIT $3`,
      [eventId, state === 'all', limit],
    );
    return rows.map(appealFrom);
  },

  decide: (appealId, decision, note, by) =>
    inTransaction(pool, async (client) => {
      const before = await client.query<AppealRow>(
        'SELECT * FROM line.appeals WHERE appeal_id = $1 FOR UPDATE',
        [appealId],
      );
      if (before.rows[0] === undefined) return null;
      const after = await client.query<AppealRow>(
        `UPDATE line.appeals SET decision = $2, note = $3, decided_by = $4, decided_at = clock_timestamp()
          WHERE appeal_id = $1 RETURNING *`,
        [appealId, decision, note, by],
      );
      return { before: appealFrom(before.rows[0]), after: appealFrom(after.rows[0] as AppealRow) };
    }),
});
