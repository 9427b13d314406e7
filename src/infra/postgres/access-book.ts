import type { CodeUsage } from '../../domain/access-code.ts';
import type { AccessBook, Redemption } from '../../domain/ports/access-book.ts';
import { appendAudit } from './audit-log.ts';
import { inTransaction, type Pool } from './pool.ts';

interface RedeemRow {
  readonly outcome: Exclude<Redemption['kind'], never>;
  readonly code_id: string | null;
  readonly lane: string | null;
  readonly wait_ms: number | null;
}

const USAGE = `
  code_id AS "codeId", event_id AS "eventId", lane AS "laneId", label, uses_max AS "usesMax", uses,
  (extract(epoch FROM starts_at) * 1000)::bigint AS "startsAtMs", (extract(epoch FROM ends_at) * 1000)::bigint AS "endsAtMs",
  (extract(epoch FROM created_at) * 1000)::bigint AS "createdAtMs", (extract(epoch FROM revoked_at) * 1000)::bigint AS "revokedAtMs"`;

/** The newest code first; a network only if nothing is known of the fan. */
const ACCESS = `
  SELECT lane, code_id FROM (
    SELECT c.lane, c.code_id, 0 AS rank, r.redeemed_at AS at FROM line.redemptions r
      JOIN line.access_codes c ON c.code_id = r.code_id AND c.revoked_at IS NULL
     WHERE r.event_id = $1 AND r.fan_id = $2
    UNION ALL
    SELECT lane, NULL, 1, invited_at FROM line.invitations WHERE event_id = $1 AND fan_id = $2
    UNION ALL
    SELECT lane, NULL, 2, invited_at FROM line.invitations WHERE event_id = $1 AND network >>= $3::inet
  ) AS access ORDER BY rank, at DESC LIMIT 1`;

const msOrNull = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/** `AccessBook` in Postgres. */
export const createAccessBook = (pool: Pool): AccessBook => ({
  async redeem(eventId, hash, fanId) {
    const { rows } = await pool.query<RedeemRow>('SELECT * FROM line.redeem_code($1, $2, $3)', [
      eventId,
      Buffer.from(hash),
      fanId,
    ]);
    const [row] = rows;
    if (row === undefined) throw new Error('Postgres said nothing of a code');
    if (row.outcome === 'redeemed') {
      return { kind: 'redeemed', access: { laneId: row.lane, codeId: row.code_id } };
    }
    if (row.outcome === 'too_early') return { kind: 'too_early', waitMs: row.wait_ms ?? 0 };
    return { kind: row.outcome };
  },

  async accessOf(eventId, fanId, address) {
    const { rows } = await pool.query<{ lane: string | null; code_id: string | null }>(ACCESS, [
      eventId,
      fanId,
      address,
    ]);
    return rows[0] === undefined ? null : { laneId: rows[0].lane, codeId: rows[0].code_id };
  },

  noteBypass: (eventId, fanId, codeId, requestId) =>
    inTransaction(pool, async (client) => {
      await client.query('INSERT INTO line.bypasses (event_id, fan_id, code_id) VALUES ($1, $2, $3)', [
        eventId,
        fanId,
        codeId,
      ]);
      const after = { fanId, codeId };
      const act = { actor: fanId, role: 'fan', action: 'line.bypass', target: eventId, before: null, after };
      await appendAudit(client, { ...act, requestId });
    }),

  async add(batch, codes) {
    const { rowCount } = await pool.query(
      `INSERT INTO line.access_codes (code_id, event_id, code_hash, lane, label, uses_max, starts_at, ends_at)
       SELECT c.id, $1, c.hash, $4, $5, $6, $7, $8 FROM unnest($2::uuid[], $3::bytea[]) AS c (id, hash)
       ON CONFLICT DO NOTHING`,
      [
        batch.eventId,
        codes.map(({ codeId }) => codeId),
        codes.map(({ hash }) => Buffer.from(hash)),
        batch.laneId,
        batch.label,
        batch.usesMax,
        msOrNull(batch.startsAtMs),
        msOrNull(batch.endsAtMs),
      ],
    );
    return rowCount ?? 0;
  },

  async list(eventId, after, limit) {
    const { rows } = await pool.query<CodeUsage>(
      `SELECT ${USAGE} FROM line.access_codes c WHERE event_id = $1
          AND ($2::uuid IS NULL OR (created_at, code_id) > (SELECT created_at, code_id FROM line.access_codes WHERE code_id = $2))
        ORDER BY created_at, code_id LIMIT $3`,
      [eventId, after, limit],
    );
    return rows;
  },

  async totals(eventId) {
    const { rows } = await pool.query<{ codes: number; redemptions: number; bypasses: number }>(
      `SELECT (SELECT count(*) FROM line.access_codes WHERE event_id = $1) AS codes,
              (SELECT count(*) FROM line.redemptions WHERE event_id = $1) AS redemptions,
              (SELECT count(*) FROM line.bypasses WHERE event_id = $1) AS bypasses`,
      [eventId],
    );
    return rows[0] ?? { codes: 0, redemptions: 0, bypasses: 0 };
  },

  async revoke(eventId, codeId) {
    const { rows } = await pool.query<CodeUsage>(
      `UPDATE line.access_codes SET revoked_at = coalesce(revoked_at, clock_timestamp())
        WHERE event_id = $1 AND code_id = $2 RETURNING ${USAGE}`,
      [eventId, codeId],
    );
    return rows[0] ?? null;
  },

  async invite(eventId, { fanIds, networks }, laneId) {
    if (laneId === undefined) {
      const { rowCount } = await pool.query(
        'DELETE FROM line.invitations WHERE event_id = $1 AND (fan_id = ANY ($2::uuid[]) OR network = ANY ($3::inet[]))',
        [eventId, fanIds, networks],
      );
      return rowCount ?? 0;
    }
    return inTransaction(pool, async (client) => {
      const fans = await client.query(
        `INSERT INTO line.invitations (event_id, fan_id, lane) SELECT $1, fan, $3 FROM unnest($2::uuid[]) AS fan
         ON CONFLICT (event_id, fan_id) WHERE fan_id IS NOT NULL DO UPDATE SET lane = excluded.lane`,
        [eventId, [...new Set(fanIds)].toSorted(), laneId],
      );
      const places = await client.query(
        `INSERT INTO line.invitations (event_id, network, lane) SELECT DISTINCT $1::uuid, net, $3 FROM unnest($2::inet[]) AS net
         ON CONFLICT (event_id, network) WHERE network IS NOT NULL DO UPDATE SET lane = excluded.lane`,
        [eventId, networks, laneId],
      );
      return (fans.rowCount ?? 0) + (places.rowCount ?? 0);
    });
  },
});
