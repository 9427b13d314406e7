import { randomUUID } from 'node:crypto';
import type { Client } from '../../rush/client.ts';
import type { Persona } from '../../rush/crowd.ts';
import { runFan } from '../../rush/fan.ts';
import { definitionOf } from '../../rush/house.ts';
import { issueCodes, lanesOf } from '../../rush/lanes.ts';
import { createLineBoard } from '../../rush/line-board.ts';
import { createMemory, type Memory } from '../../rush/memory.ts';
import { createOperator } from '../../rush/sale.ts';
import type { Sleeps } from '../../rush/sleeps.ts';
import type { Tally } from '../../rush/tally.ts';
import { createSeatBoard, type World } from '../../rush/world.ts';
import { insistFor } from '../waiting.ts';

export interface SalePlan {
  readonly seats: number;
  readonly fans: number;
  readonly windowMs: number;
  /** Its line has lanes, one of which asks for a code. */
  readonly lanes: boolean;
}

/** One event of a run, with the memory of its fans. */
export interface Sale {
  readonly eventId: string;
  readonly seats: number;
  readonly memory: Memory;
  readonly fansSent: number;
  soldOut(): boolean;
  /** Sends fans as they are due, until all came, everything is sold or `arrivals` stop; they live on after that. */
  send(crowd: readonly Persona[], arrivals: Sleeps): Promise<void>;
  /** Resolves when every fan that was sent has come to an end. */
  over(): Promise<void>;
}

const NUMBERS_EVERY_MS = 1_000;
/** Longer than any fault rages. */
const OPENED_WITHIN_MS = 60_000;
const LOOK_FOR_ROOM_EVERY_MS = 100;
/** Seats of fans who vanish are waited for: they come back within seconds here. */
const WAIT_FOR_SEATS_MS = 60_000;

/** Longer than any run. */
const TAKEN_BACK_FOR_MS = 7 * 86_400_000;

export interface SaleTools {
  readonly client: Client;
  readonly operatorToken: string;
  readonly sleeps: Sleeps;
  readonly tally: Tally;
  /**
   * No more people than this at a time, whoever is late by that: on a machine that is too slow for the crowd everybody
   * would only wait for answers, and nothing would be bought.
   */
  readonly fansAtOnce: number;
  fansPresent(): number;
}

/** Creates an event; repeats under one key until that is known to have worked, whatever is broken meanwhile. */
export const openSale = async (tools: SaleTools, plan: SalePlan): Promise<Sale> => {
  const { client, sleeps, tally } = tools;
  const operator = createOperator(client, tools.operatorToken);
  const key = randomUUID();
  const nowMs = Date.now();
  const definition = {
    ...definitionOf({ ...plan, durationMs: plan.windowMs }, nowMs),
    refundsUntil: new Date(nowMs + TAKEN_BACK_FOR_MS).toISOString(),
  };
  const eventId = await insistFor(OPENED_WITHIN_MS, () => operator.createEvent(definition, key), 250);
  const event = await insistFor(OPENED_WITHIN_MS, () => operator.findEvent(eventId), 250);
  const lanes = lanesOf(event);
  const codes =
    lanes === null
      ? []
      : await issueCodes(operator, eventId, lanes, { fans: plan.fans, nowMs }, (attempt) =>
          insistFor(OPENED_WITHIN_MS, attempt, 250),
        );
  const seats = event.sections.reduce((sum, section) => sum + section.seats, 0);
  const memory = createMemory();
  const board = createLineBoard(client, `/v1/events/${eventId}/line`, memory);
  let soldOut = false;
  const isSoldOut = (): boolean => soldOut;
  const closed = new AbortController();
  let fansSent = 0;
  const fans: Promise<unknown>[] = [];
  const world: World = {
    eventId,
    sectionIds: event.sections.map((section) => section.sectionId),
    lanes: lanes === null ? null : { ...lanes, codes },
    client,
    board,
    memory,
    tally,
    waitForSeatsMs: WAIT_FOR_SEATS_MS,
    takesBack: true,
    now: () => Date.now(),
    sleep: sleeps.sleep,
    stopped: sleeps.stopped,
    soldOut: isSoldOut,
    seatsOf: createSeatBoard(client, eventId),
  };
  const watching = (async () => {
    while (!closed.signal.aborted && !sleeps.stopped() && !soldOut) {
      const numbers = await operator.numbers(eventId);
      soldOut = numbers?.seats.sold === seats;
      if (soldOut) board.soldOut();
      await sleeps.sleep(NUMBERS_EVERY_MS);
    }
  })();

  return {
    eventId,
    seats,
    memory,
    get fansSent() {
      return fansSent;
    },
    soldOut: isSoldOut,
    async send(crowd, arrivals) {
      const startedMs = performance.now();
      for (const persona of crowd) {
        const dueMs = startedMs + persona.arrivesAtMs;
        if (dueMs > performance.now()) await arrivals.sleep(dueMs - performance.now());
        while (tools.fansPresent() >= tools.fansAtOnce && !isSoldOut() && !arrivals.stopped()) {
          await arrivals.sleep(LOOK_FOR_ROOM_EVERY_MS);
        }
        if (soldOut || arrivals.stopped()) return;
        fansSent += 1;
        fans.push(runFan(world, persona, dueMs));
      }
    },
    async over() {
      await Promise.all(fans);
      closed.abort();
      board.stop();
      await watching;
    },
  };
};
