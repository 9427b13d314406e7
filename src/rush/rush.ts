import type { Verdict } from '../audit/verdict.ts';
import { judge } from '../audit/verdict.ts';
import { check, type LedgerPlaces } from './checking.ts';
import { createClient } from './client.ts';
import { crowdOf, type Persona } from './crowd.ts';
import type { NumbersDocument } from './documents.ts';
import { runFan } from './fan.ts';
import { definitionOf } from './house.ts';
import { issueCodes, lanesOf } from './lanes.ts';
import { createLineBoard } from './line-board.ts';
import { createMemory } from './memory.ts';
import type { Terminal } from './redraw.ts';
import { countsOf, type RushResult } from './report.ts';
import { createOperator } from './sale.ts';
import { startScreen, type Moment } from './screen.ts';
import { createSleeps } from './sleeps.ts';
import { createTally } from './tally.ts';
import { createSeatBoard, type World } from './world.ts';

export interface RushOptions extends LedgerPlaces {
  readonly url: string;
  readonly fans: number;
  /** Of the event that is made; of no meaning with `eventId`. */
  readonly seats: number;
  /** The event that is made has lanes and codes. */
  readonly lanes: boolean;
  /** Over which fans arrive. */
  readonly durationMs: number;
  /** After the start; then who is still there is sent home. */
  readonly deadlineMs: number;
  readonly seed: number;
  /** An event that exists; null: one is made. */
  readonly eventId: string | null;
  /** How long a seat that nobody returns may keep the run open. */
  readonly waitForSeatsMs: number;
  /** How long the audit waits for what is under way. */
  readonly settleMs: number;
  readonly sockets: number;
}

export interface RushIo {
  readonly terminal: Terminal;
  operatorToken(): Promise<string>;
}

const REQUEST_TIMEOUT_MS = 15_000;
const NUMBERS_EVERY_MS = 1_000;
const SEATS_PER_FAN_MAX = 4;

/** Sets every fan out at the time the plan says, whatever the server does meanwhile. */
const sendCrowd = async (
  crowd: readonly Persona[],
  startedMs: number,
  world: World,
  onStart: (lateMs: number) => void,
): Promise<void> => {
  const fans: Promise<unknown>[] = [];
  for (const persona of crowd) {
    const dueMs = startedMs + persona.arrivesAtMs;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await world.sleep(waitMs);
    if (world.stopped()) break;
    onStart(performance.now() - dueMs);
    fans.push(runFan(world, persona, dueMs));
  }
  await Promise.all(fans);
};

const dueBy = (crowd: readonly Persona[], elapsedMs: number): number => {
  const next = crowd.findIndex((persona) => persona.arrivesAtMs > elapsedMs);
  return next < 0 ? crowd.length : next;
};

/** The house is sold out, or the run ended because nobody was left who wanted more. */
const saleWentThrough = (total: number, sold: number, inTime: boolean): Verdict =>
  judge('sale', 'the house sold out, or everybody had their turn; never more than there is', total, [
    ...(sold > total ? [`${sold} sold of ${total}`] : []),
    ...(!inTime && sold < total ? [`${total - sold} seats unsold at the deadline, with people waiting`] : []),
  ]);

/** Runs the crowd against a server, then audits. Rejects (`RushError`) only when no run was possible. */
export const runRush = async (options: RushOptions, io: RushIo): Promise<RushResult> => {
  const tally = createTally(options.fans);
  const memory = createMemory();
  const client = createClient({
    url: options.url,
    tally,
    sockets: options.sockets,
    timeoutMs: REQUEST_TIMEOUT_MS,
  });
  const operator = createOperator(client, await io.operatorToken());
  const sleeps = createSleeps();
  try {
    const eventId = options.eventId ?? (await operator.createEvent(definitionOf(options, Date.now())));
    const event = await operator.findEvent(eventId);
    const total = event.sections.reduce((sum, section) => sum + section.seats, 0);
    const lanes = lanesOf(event);
    // In an event that is somebody's own no codes are made: its fans use what is open to all.
    const codes =
      lanes === null || options.eventId !== null
        ? []
        : await issueCodes(operator, eventId, lanes, { fans: options.fans, nowMs: Date.now() });
    const crowd = crowdOf({
      ...options,
      seatsPerFan: Math.min(SEATS_PER_FAN_MAX, event.limits.seatsPerFan),
    });
    const board = createLineBoard(client, `/v1/events/${eventId}/line`, memory);
    let numbers: NumbersDocument | null = null;
    let soldOut = false;
    const world: World = {
      eventId,
      sectionIds: event.sections.map((section) => section.sectionId),
      lanes: lanes === null ? null : { ...lanes, codes },
      client,
      board,
      memory,
      tally,
      waitForSeatsMs: options.waitForSeatsMs,
      // What is sold shall stay sold: a run ends when the house is.
      takesBack: false,
      now: () => Date.now(),
      sleep: sleeps.sleep,
      stopped: sleeps.stopped,
      soldOut: () => soldOut,
      seatsOf: createSeatBoard(client, eventId),
    };

    const startedMs = performance.now();
    const momentNow = (): Moment => {
      const elapsedMs = performance.now() - startedMs;
      const due = dueBy(crowd, elapsedMs);
      return { elapsedMs, fans: options.fans, seats: total, due, frame: board.latest(), numbers, tally };
    };
    const look = async (): Promise<void> => {
      numbers = (await operator.numbers(eventId)) ?? numbers;
      if (numbers?.seats.sold === total && !soldOut) {
        soldOut = true;
        board.soldOut();
      }
    };
    const watching = (async () => {
      while (!sleeps.stopped()) {
        await look();
        await sleeps.sleep(NUMBERS_EVERY_MS);
      }
    })();
    let inTime = true;
    const deadline = setTimeout(() => {
      inTime = false;
      board.stop();
      sleeps.stop();
    }, options.deadlineMs);
    const screen = startScreen(io.terminal, momentNow);
    let latestStartMs = 0;
    try {
      await sendCrowd(crowd, startedMs, world, (lateMs) => {
        latestStartMs = Math.max(latestStartMs, lateMs);
      });
    } finally {
      clearTimeout(deadline);
      board.stop();
      sleeps.stop();
      await watching;
      await look();
      screen.stop();
    }
    const elapsedMs = performance.now() - startedMs;

    io.terminal.write('\n  Waiting for the sale to settle, then reading the ledgers…\n');
    const checked = await check({
      ...options,
      eventId,
      history: memory.history(eventId),
      seatsExpected: total,
      alone: options.eventId === null,
    });
    const seats = (await operator.numbers(eventId))?.seats ?? { free: 0, held: 0, paying: 0, sold: 0 };
    const verdicts = [saleWentThrough(total, seats.sold, inTime), ...checked.verdicts];
    return {
      eventId,
      seed: options.seed,
      fans: options.fans,
      elapsedMs: Math.round(elapsedMs),
      settledMs: Math.round(checked.settledMs),
      seats: { ...seats, total },
      ...countsOf(tally),
      latestStartMs,
      audit: verdicts,
      ok: !verdicts.some((verdict) => verdict.state === 'broken'),
    };
  } finally {
    sleeps.stop();
    client.close();
  }
};
