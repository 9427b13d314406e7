import type { AuditEntry, AuditLog } from '../../domain/ports/event-store.ts';
import type { Pool } from './pool.ts';

/** Who did what, when: append only. */
export const createAuditLog = (pool: Pool): AuditLog => ({
  async append(entry) {
    await pool.query(
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
  },

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
