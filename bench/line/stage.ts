import { randomUUID } from 'node:crypto';
import { leafOf } from '../../src/domain/draw.ts';
import type { EventId, FanId, PlaceNumber } from '../../src/domain/ids.ts';
import { systemClock, systemIds } from '../../src/infra/environment.ts';
import { nodeHashes } from '../../src/infra/hashes.ts';
import { createBearerTokens } from '../../src/infra/jose/bearer-tokens.ts';
import { createLinePasses } from '../../src/infra/line-passes.ts';
import { createDrawBook } from '../../src/infra/postgres/draw-book.ts';
import { createEventStore } from '../../src/infra/postgres/event-store.ts';
import type { Pool } from '../../src/infra/postgres/pool.ts';

const HOUR_MS = 3_600_000;
/** Within what a node lets wait for the chain. */
const AT_ONCE = 10_000;

/** Somebody who entered, as far as the bench asks for them again. */
export interface Entrant {
  readonly fanId: FanId;
  readonly number: PlaceNumber;
}

/** A line that opens in an hour, and all that is sent to it. */
export const openLineStage = async (pool: Pool, secret: string, sample: number) => {
  const events = createEventStore(pool);
  const tokens = createBearerTokens({ secret, clock: systemClock });
  const passes = createLinePasses(secret);
  const draws = createDrawBook(pool);
  const { eventId } = await events.create(systemIds.next(), {
    name: 'line',
    venue: 'Bench',
    currency: 'BRL',
    opensAtMs: systemClock.nowMs() + 24 * HOUR_MS,
    limits: { seatsPerFan: 4, holdsPerFan: 2 },
    admission: { ratePerMinute: 60_000, insideMax: 100_000 },
    sections: [{ id: 'P', name: 'Pista', priceMinor: 10_000, capacity: 20_000 }],
  });
  const tokenOf = (fanId: FanId): Promise<string> => tokens.issue({ id: fanId, role: 'fan' }, HOUR_MS);
  const head = (method: string, path: string): string => `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;

  return {
    eventId,
    draws,
    path: `/v1/events/${eventId}`,
    operatorToken: await tokens.issue({ id: 'bench', role: 'operator' }, HOUR_MS),
    /** Joins of so many people who have never been here. */
    joins: (count: number): Promise<readonly Buffer[]> =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const token = await tokenOf(systemIds.next());
          const key = `Idempotency-Key: ${randomUUID()}`;
          return Buffer.from(
            `${head('POST', `/v1/events/${eventId}/line`)}Authorization: Bearer ${token}\r\n${key}\r\nContent-Length: 0\r\n\r\n`,
          );
        }),
      ),
    frame: Buffer.from(`${head('GET', `/v1/events/${eventId}/line`)}\r\n`),
    standings: (entrants: readonly Entrant[]): Promise<readonly Buffer[]> =>
      Promise.all(
        entrants.map(async ({ fanId, number }) => {
          const place = passes.issuePlace({ eventId, fanId, number });
          return Buffer.from(
            `${head('GET', `/v1/events/${eventId}/line/me`)}Authorization: Bearer ${await tokenOf(fanId)}\r\nCatraca-Place: ${place}\r\n\r\n`,
          );
        }),
      ),
    /** So many more, by the statement that a node's joins share, without HTTP. Returns every so-manieth of them. */
    async enter(count: number, onProgress: (entered: number) => void): Promise<readonly Entrant[]> {
      const kept: Entrant[] = [];
      const every = Math.max(1, Math.floor(count / sample));
      for (let done = 0; done < count; done += AT_ONCE) {
        const some = Array.from({ length: Math.min(AT_ONCE, count - done) }, () => systemIds.next());
        const entered = await Promise.all(some.map((fanId) => enterOne(draws, eventId, fanId)));
        for (const [index, number] of entered.entries()) {
          const fanId = some[index];
          if ((done + index) % every === 0 && fanId !== undefined) kept.push({ fanId, number });
        }
        onProgress(done + some.length);
      }
      return kept;
    },
  };
};

const enterOne = async (
  draws: ReturnType<typeof createDrawBook>,
  eventId: EventId,
  fanId: FanId,
): Promise<PlaceNumber> => {
  const entered = await draws.enter(
    { drawId: eventId, eventId, lane: 0 },
    fanId,
    leafOf(nodeHashes, { eventId, fanId, entropy: '' }),
  );
  if (entered === null || !entered.created) throw new Error('an entry was not made');
  return entered.number;
};

export type LineStage = Awaited<ReturnType<typeof openLineStage>>;
