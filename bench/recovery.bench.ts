import { guardian } from '../src/actors/guardian.ts';
import type { ActorRef } from '../src/actors/kit/actor.ts';
import { CrashLog } from '../src/actors/kit/set-aside.ts';
import { createActorSystem } from '../src/actors/kit/system.ts';
import type { SectionMessage } from '../src/actors/section-messages.ts';
import type { SaleEvent } from '../src/domain/event.ts';
import type { SeatMap } from '../src/domain/ports/services.ts';
import { isRefusal, type Refusal } from '../src/domain/refusal.ts';
import { systemClock, systemRandom } from '../src/infra/environment.ts';
import { silentLog } from '../src/infra/log.ts';
import { createEventStore } from '../src/infra/postgres/event-store.ts';
import { createPool, type Pool } from '../src/infra/postgres/pool.ts';
import { createSeatLedger } from '../src/infra/postgres/seat-ledger.ts';
import { createSectionDirectory, type SectionDirectory } from '../src/tickets/section-directory.ts';
import { at } from './load.ts';
import { openStage } from './hold/stage.ts';

/**
 * How long a killed section is away: from the kill to an answer that shows what only Postgres knew. Next to it the first
 * use of a section of the same size: an actor spawned, the same rows read, nothing killed. The first includes the pause
 * before the restart (5, 10, 20, 40, 80 ms at most, half of that at least), the second does not.
 */
const EVENTS = 3;
const SEATS = 4_000;
/** All that the budget of restarts allows within its window. */
const KILLS_A_SECTION = 5;
const DEADLINE_MS = 10_000;

interface Bench {
  readonly pool: Pool;
  readonly directory: SectionDirectory;
  readonly kill: (path: string) => boolean;
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

const mapOf = async (ref: ActorRef<SectionMessage>): Promise<SeatMap> => {
  const answer = await ref.ask<SeatMap | Refusal>((port) => ({ type: 'map', port }), DEADLINE_MS);
  if ('seats' in answer) return answer;
  throw new Error(`${ref.path} answered ${answer.code}`);
};

const sectionOf = async (
  { directory }: Bench,
  event: SaleEvent,
  sectionId: string,
): Promise<ActorRef<SectionMessage>> => {
  const found = await directory.find(event, sectionId);
  if (isRefusal(found)) throw new Error(`${sectionId}: ${found.code}`);
  return found;
};

/** Sells a seat behind the section's back and returns its number. */
const sellBehind = async ({ pool }: Bench, eventId: string, sectionId: string): Promise<string> => {
  const { rows } = await pool.query<{ seat_id: string }>(
    `UPDATE tickets.seats SET status = 'sold', hold_id = gen_random_uuid(), revision = revision + 1, changed_at = now()
      WHERE (event_id, section_id, seat_id) IN (
        SELECT event_id, section_id, seat_id FROM tickets.seats
         WHERE event_id = $1 AND section_id = $2 AND status = 'free' ORDER BY ordinal LIMIT 1)
      RETURNING seat_id`,
    [eventId, sectionId],
  );
  return rows[0]?.seat_id ?? '';
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
};

const killOnce = async (bench: Bench, event: SaleEvent, sectionId: string): Promise<number> => {
  const ref = await sectionOf(bench, event, sectionId);
  const seatId = await sellBehind(bench, event.eventId, sectionId);
  return timed(async () => {
    if (!bench.kill(ref.path)) throw new Error(`${ref.path} was not there to be killed`);
    const map = await mapOf(ref);
    const seat = map.seats.find((one) => one.seatId === seatId);
    if (seat?.status !== 'sold') throw new Error(`${ref.path} came back without what Postgres knows`);
  });
};

const runEvent = async (bench: Bench, event: SaleEvent) => {
  const firstUseMs: number[] = [];
  const killedMs: number[] = [];
  for (const { id } of event.sections)
    firstUseMs.push(await timed(async () => mapOf(await sectionOf(bench, event, id))));
  // Section by section, so that the pauses of each grow as they do for an actor that goes on crashing.
  for (const { id } of event.sections)
    for (let kill = 0; kill < KILLS_A_SECTION; kill += 1) killedMs.push(await killOnce(bench, event, id));
  return { firstUseMs, killedMs };
};

const summary = (values: readonly number[]) => {
  const sorted = Float64Array.from(values).sort();
  return { count: sorted.length, p50Ms: at(sorted, 0.5), p99Ms: at(sorted, 0.99), maxMs: at(sorted, 1) };
};

/** Prints the table and returns it. */
export const benchRecovery = async (): Promise<object> => {
  const stage = await openStage();
  const pool = openPool(stage.variables['DATABASE_URL'] ?? '');
  const actors = createActorSystem({ clock: systemClock, random: systemRandom, drainTimeoutMs: 1_000 });
  try {
    const ledger = createSeatLedger(pool);
    const root = actors.spawn(
      guardian({
        holdTtlMs: 60_000,
        effects: {
          decide: () => Promise.reject(new Error('nobody holds here')),
          readSection: (eventId, sectionId) => ledger.readSection(eventId, sectionId),
          readChanges: (eventId, sectionId, since) => ledger.readChanges(eventId, sectionId, since),
          clock: systemClock,
          random: systemRandom,
          crashes: new CrashLog(),
          owner: 'bench',
        },
        onSection: (change) => console.error(change),
        onFatal: (ending) => console.error(ending),
      }),
    );
    const bench: Bench = {
      pool,
      directory: createSectionDirectory(root),
      kill: (path) => actors.kill(path),
    };
    const events = createEventStore(pool);
    const [firstUseMs, killedMs]: [number[], number[]] = [[], []];
    for (let index = 0; index < EVENTS; index += 1) {
      const { eventId } = await stage.createEvent(`recovery ${index}`, SEATS);
      const event = await events.find(eventId);
      if (event === null) throw new Error('the event is gone');
      const round = await runEvent(bench, event);
      firstUseMs.push(...round.firstUseMs);
      killedMs.push(...round.killedMs);
    }
    const [firstUse, killed] = [summary(firstUseMs), summary(killedMs)];
    const ratio = { p50: killed.p50Ms / firstUse.p50Ms, p99: killed.p99Ms / firstUse.p99Ms };
    const row = (label: string, one: ReturnType<typeof summary>): string =>
      `${label.padEnd(22)}${String(one.count).padStart(6)}${one.p50Ms.toFixed(1).padStart(9)}${one.p99Ms.toFixed(1).padStart(9)}${one.maxMs.toFixed(1).padStart(9)}`;
    console.log(
      `\n${''.padEnd(22)}${'count'.padStart(6)}${'p50 ms'.padStart(9)}${'p99 ms'.padStart(9)}${'max ms'.padStart(9)}`,
    );
    console.log(row('first use, no kill', firstUse));
    console.log(row('kill to true answer', killed));
    console.log(
      `ratio                       ${ratio.p50.toFixed(1).padStart(9)}${ratio.p99.toFixed(1).padStart(9)}`,
    );
    console.log(
      `Promise: p99 below 100 ms. Each answer showed a seat that was sold in Postgres alone. Sections of ${SEATS / 20} seats.`,
    );
    return { name: 'recovery', target: { p99Ms: 100 }, firstUse, killed, ratio };
  } finally {
    await actors.stop();
    await pool.end();
    await stage.clear();
  }
};
