import { randomUUID } from 'node:crypto';
import type { EventDefinition, SaleEvent } from '../../src/domain/event.ts';
import type { HoldRequest } from '../../src/domain/hold.ts';
import { createEventStore } from '../../src/infra/postgres/event-store.ts';
import type { Pool } from '../../src/infra/postgres/pool.ts';

/** A small show: one row of ten in A, one row of ten in B, and five standing places. */
export const smallShow: EventDefinition = {
  name: 'Noite de Teste',
  venue: 'Sala 1',
  currency: 'BRL',
  opensAtMs: 0,
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  admission: { ratePerMinute: 60_000, insideMax: 10_000 },
  sections: [
    { id: 'A', name: 'Cadeira A', priceMinor: 25_000, rows: [{ name: '1', seats: 10 }] },
    { id: 'B', name: 'Cadeira B', priceMinor: 15_000, rows: [{ name: '1', seats: 10 }] },
    { id: 'PISTA', name: 'Pista', priceMinor: 12_000, capacity: 5 },
  ],
};

export const createShow = (pool: Pool, change: Partial<EventDefinition> = {}): Promise<SaleEvent> =>
  createEventStore(pool).create(randomUUID(), { ...smallShow, ...change });

/** No two admissions of an event have the same number. */
let lastNumber = 0;

export interface AdmittedFan {
  readonly fanId: string;
  readonly passId: string;
}

/** A fan with a live admission for the event, straight into the table that holds are checked against. */
export const admitFan = async (
  pool: Pool,
  eventId: string,
  fan: { fanId?: string; liveMs?: number } = {},
): Promise<AdmittedFan> => {
  const fanId = fan.fanId ?? randomUUID();
  const passId = randomUUID();
  await pool.query(
    `INSERT INTO line.admissions (pass_id, event_id, fan_id, number, expires_at)
     VALUES ($1, $2, $3, $4, now() + $5 * interval '1 millisecond')`,
    [passId, eventId, fanId, (lastNumber += 1), fan.liveMs ?? 600_000],
  );
  return { fanId, passId };
};

/** Many of them, in one statement. */
export const admitFans = async (
  pool: Pool,
  eventId: string,
  count: number,
): Promise<readonly AdmittedFan[]> => {
  const fans = Array.from({ length: count }, () => ({ fanId: randomUUID(), passId: randomUUID() }));
  await pool.query(
    `INSERT INTO line.admissions (pass_id, event_id, fan_id, number, expires_at)
     SELECT w.pass_id, $1, w.fan_id, w.number, now() + interval '10 minutes'
       FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS w (pass_id, fan_id, number)`,
    [eventId, fans.map((fan) => fan.passId), fans.map((fan) => fan.fanId), fans.map(() => (lastNumber += 1))],
  );
  return fans;
};

export const holdRequest = (
  eventId: string,
  fan: AdmittedFan,
  seatIds: readonly string[],
  change: Partial<HoldRequest> = {},
): HoldRequest => ({
  holdId: randomUUID(),
  eventId,
  sectionId: seatIds[0]?.split('-')[0] ?? 'A',
  fanId: fan.fanId,
  passId: fan.passId,
  seatIds,
  ttlMs: 300_000,
  fingerprint: seatIds.join(),
  ...change,
});
