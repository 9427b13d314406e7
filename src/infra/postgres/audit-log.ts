import type { AuditEntry, AuditLog } from '../../domain/ports/event-store.ts';
import type { Pool } from './pool.ts';

/** Writes one entry where `db` is: in a transaction it stands or falls with the act. */
export const appendAudit = async (db: Pick<Pool, 'query'>, entry: Omit<AuditEntry, 'at'>): Promise<void> => {
  await db.query(
    `INSERT INTO edge.audit (actor, role, action, target, before, after, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      entry.actor,
      entry.role,
      entry.action,
      entry.target,
      JSON.stringify(entry.before ?? null),
      JSON.stringify(entry.after ?? null),
      entry.requestId,
    ],
  );
};

/** Who did what, when: append only. */
export const createAuditLog = (pool: Pool): AuditLog => ({
  append: (entry) => appendAudit(pool, entry),

  async newest(limit) {
    const { rows } = await pool.query<AuditEntry & { readonly at: number }>(
      `SELECT (extract(epoch FROM at) * 1000)::bigint AS at, actor, role, action, target, before, after,
              request_id AS "requestId"
         FROM edge.audit ORDER BY position DESC LIMIT $1`,
      [limit],
    );
    return rows;
  },
});
