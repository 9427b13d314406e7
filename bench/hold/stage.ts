import { randomBytes, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { seatsOf, type SaleEvent } from '../../src/domain/event.ts';
import { systemClock, systemIds } from '../../src/infra/environment.ts';
import { createBearerTokens } from '../../src/infra/jose/bearer-tokens.ts';
import { createLinePasses } from '../../src/infra/line-passes.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createEventStore } from '../../src/infra/postgres/event-store.ts';
import { migrate } from '../../src/infra/postgres/migrate.ts';
import { createPool, type Pool } from '../../src/infra/postgres/pool.ts';

const POSTGRES = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const REDIS = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const FANS = 2_000;
const SECTIONS = 20;
const SEATS_A_ROW = 50;
/** The most an event allows: here the limits must not be what is measured. */
const LIMIT = 1_000;
const HOUR_MS = 3_600_000;

interface Fan {
  readonly fanId: string;
  readonly token: string;
}

/** One seat that everybody may ask for, and who asks. */
export interface Wish {
  readonly sectionId: string;
  readonly seatId: string;
}

export interface BenchEvent {
  readonly eventId: string;
  /** Neighbours in this list are of different sections. */
  readonly seats: readonly Wish[];
  /** The first of them, one of each section. */
  readonly warm: readonly Wish[];
  /** The bytes of a hold request of the fan of this number, always with a key of its own. */
  request(fan: number, wish: Wish): Buffer;
}

export interface Stage {
  /** For the server process. */
  readonly variables: Readonly<Record<string, string>>;
  readonly durability: string;
  createEvent(name: string, seats: number): Promise<BenchEvent>;
  /** An event of which only the line is wanted: the bytes with which each of the fans joins it. */
  openLine(name: string): Promise<Buffer[]>;
  /** What Postgres knows of the holds that were acknowledged. */
  audit(
    eventId: string,
    holdIds: readonly string[],
  ): Promise<{ readonly heldSeats: number; readonly holds: number; readonly acknowledged: number }>;
  clear(): Promise<void>;
}

const openPool = (url: string): Pool =>
  createPool({
    url,
    max: 4,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 60_000,
    applicationName: 'catraca-bench',
    log: silentLog,
  });

const definitionOf = (name: string, seats: number) => ({
  name,
  venue: 'Bench',
  currency: 'BRL',
  opensAtMs: systemClock.nowMs() - HOUR_MS,
  limits: { seatsPerFan: LIMIT, holdsPerFan: LIMIT },
  admission: { ratePerMinute: 1_000, insideMax: FANS },
  sections: Array.from({ length: SECTIONS }, (_, section) => ({
    id: `S${section + 1}`,
    name: `Section ${section + 1}`,
    priceMinor: 10_000,
    rows: Array.from({ length: Math.ceil(seats / SECTIONS / SEATS_A_ROW) }, (_, row) => ({
      name: `R${row + 1}`,
      seats: SEATS_A_ROW,
    })),
  })),
});

const seatsAcross = (event: SaleEvent): readonly Wish[] => {
  const sections = event.sections.map(seatsOf);
  const longest = Math.max(...sections.map((one) => one.length));
  return Array.from({ length: longest }, (_, index) => sections.flatMap((one) => one[index] ?? [])).flat();
};

const admit = async (pool: Pool, eventId: string, fans: readonly Fan[]): Promise<readonly string[]> => {
  const passIds = fans.map(() => systemIds.next());
  await pool.query(
    `INSERT INTO line.admissions (pass_id, event_id, fan_id, number, expires_at)
     SELECT a.pass_id, $3, a.fan_id, a.number, now() + interval '1 hour'
       FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS a (pass_id, fan_id, number)`,
    [passIds, fans.map((fan) => fan.fanId), eventId],
  );
  return passIds;
};

const requestHead = (eventId: string, fan: Fan, pass: string): string =>
  [
    `POST /v1/events/${eventId}/holds HTTP/1.1`,
    'Host: 127.0.0.1',
    `Authorization: Bearer ${fan.token}`,
    `Catraca-Pass: ${pass}`,
    'Content-Type: application/json',
    'Accept: application/json',
  ].join('\r\n');

const deleteKeys = async (redisUrl: string, prefix: string): Promise<void> => {
  const redis = new Redis(redisUrl);
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 5_000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
  }
  redis.disconnect();
};

/** A database of its own, fans with their tokens, and all that is needed to open events in it. */
export const openStage = async ({
  postgresUrl = POSTGRES,
  redisUrl = REDIS,
}: { readonly postgresUrl?: string; readonly redisUrl?: string } = {}): Promise<Stage> => {
  const id = randomBytes(5).toString('hex');
  const database = `catraca_bench_${id}`;
  const prefix = `cb:${id}:`;
  const secret = randomBytes(32).toString('base64url');
  const admin = openPool(postgresUrl);
  await admin.query(`CREATE DATABASE ${database}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${database}`;
  await migrate(url.href, silentLog);
  const pool = openPool(url.href);
  const events = createEventStore(pool);
  const tokens = createBearerTokens({ secret, clock: systemClock });
  const passes = createLinePasses(secret);
  const fans = await Promise.all(
    Array.from({ length: FANS }, async (): Promise<Fan> => {
      const fanId = systemIds.next();
      return { fanId, token: await tokens.issue({ id: fanId, role: 'fan' }, HOUR_MS) };
    }),
  );
  const { rows } = await pool.query<{ name: string; setting: string }>(
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') ORDER BY name",
  );

  return {
    variables: {
      PORT: '0',
      ALLOW_EMBEDDED: '1',
      CATRACA_SECRET: secret,
      DATABASE_URL: url.href,
      REDIS_URL: redisUrl,
      REDIS_PREFIX: prefix,
      HOLD_TTL_MS: String(HOUR_MS),
      PASS_TTL_MS: String(HOUR_MS),
      // Nobody pays here, so nobody listens there.
      STRIPE_API_URL: 'http://127.0.0.1:9',
      CHECKOUT_URL: 'http://127.0.0.1:9/{intent}',
    },
    durability: rows.map((row) => `${row.name} ${row.setting}`).join(', '),

    async createEvent(name, seatCount) {
      const event = await events.create(systemIds.next(), definitionOf(name, seatCount));
      const { eventId } = event;
      const passIds = await admit(pool, eventId, fans);
      // A map that was just loaded is frozen and analysed before a real opening as well.
      await pool.query('VACUUM (ANALYZE) tickets.seats');
      await pool.query('VACUUM (ANALYZE) line.admissions');
      const heads = fans.map((fan, index) => {
        const passId = passIds[index] as string;
        const expiresAtMs = systemClock.nowMs() + HOUR_MS;
        return requestHead(
          eventId,
          fan,
          passes.issuePass({ passId, eventId, fanId: fan.fanId, expiresAtMs }),
        );
      });
      const seats = seatsAcross(event);
      return {
        eventId,
        seats,
        warm: seats.slice(0, SECTIONS),
        request(fan, { sectionId, seatId }) {
          const body = JSON.stringify({ sectionId, seatIds: [seatId] });
          return Buffer.from(
            `${heads[fan % FANS]}\r\nIdempotency-Key: ${randomUUID()}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          );
        },
      };
    },

    async openLine(name) {
      const { eventId } = await events.create(systemIds.next(), definitionOf(name, 1));
      return fans.map(({ token }) =>
        Buffer.from(
          `POST /v1/events/${eventId}/line HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nIdempotency-Key: ${randomUUID()}\r\nContent-Length: 0\r\n\r\n`,
        ),
      );
    },

    async audit(eventId, holdIds) {
      const counts = await pool.query<{ seats: number; holds: number; acknowledged: number }>(
        `SELECT (SELECT count(*) FROM tickets.seats WHERE event_id = $1 AND status = 'held') AS seats,
                (SELECT count(*) FROM tickets.holds WHERE event_id = $1 AND state = 'active') AS holds,
                (SELECT count(*) FROM tickets.holds WHERE hold_id = ANY ($2) AND state = 'active') AS acknowledged`,
        [eventId, holdIds],
      );
      const { seats, holds, acknowledged } = counts.rows[0] as {
        seats: number;
        holds: number;
        acknowledged: number;
      };
      return { heldSeats: seats, holds, acknowledged };
    },

    async clear() {
      await pool.end();
      await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await admin.end();
      await deleteKeys(redisUrl, prefix);
    },
  };
};
