import { createClient } from '../../rush/client.ts';
import { createSleeps } from '../../rush/sleeps.ts';
import { createTally, type Tally } from '../../rush/tally.ts';
import { chaosCrowdOf, type Lives } from './crowd.ts';
import type { History } from './history.ts';
import { createProcessNames, recorded } from './recording-client.ts';
import { openSale, type Sale } from './sale.ts';
import { createSpreadClient } from './spread-client.ts';

export interface LoadOptions {
  readonly nodes: readonly { readonly name: string; readonly url: string }[];
  readonly gateway: { readonly name: string; readonly url: string };
  readonly operatorToken: string;
  readonly history: History;
  readonly lives: Lives;
  readonly seed: number;
  readonly fansPerSecond: number;
  readonly fansAtOnce: number;
}

/** The generator: fans who want seats, on and on, at one event after the other. */
export interface Load {
  readonly tally: Tally;
  /** Every event that fans were sent to, in order. */
  readonly sales: readonly Sale[];
  /** Nobody new comes; resolves when nobody is sent any more. */
  stopArrivals(): Promise<void>;
  /** Waits for everybody's end, at most so long; then sends home who is left. */
  finish(withinMs: number): Promise<void>;
}

const WINDOW_MS = 20_000;
/** Somewhat fewer than people want: the last seats of each event are fought over. */
const SEATS_PER_FAN = 1.5;
const SEATS_PER_FAN_MAX = 4;
/** A node that is stopped is left for another after this. */
const REQUEST_TIMEOUT_MS = 4_000;
const SOCKETS = 64;

/** Starts at once; rejects when the first event cannot be opened. */
export const startLoad = async (options: LoadOptions): Promise<Load> => {
  const tally = createTally(0);
  const sleeps = createSleeps();
  const arrivals = createSleeps();
  const names = createProcessNames();
  const clientOf = ({ name, url }: { readonly name: string; readonly url: string }) =>
    recorded(
      createClient({ url, tally, sockets: SOCKETS, timeoutMs: REQUEST_TIMEOUT_MS }),
      name,
      names,
      options.history,
    );
  const client = createSpreadClient(options.nodes.map(clientOf), clientOf(options.gateway));
  const { operatorToken, fansPerSecond } = options;
  const fans = Math.ceil((fansPerSecond * WINDOW_MS) / 1_000);
  const plan = { fans, seats: Math.ceil(fans * SEATS_PER_FAN), windowMs: WINDOW_MS };
  const fansPresent = (): number => tally.counts.arrived - tally.states.gone;
  const tools = { client, operatorToken, sleeps, tally, fansPresent, fansAtOnce: options.fansAtOnce };
  // Every other line has lanes, so that a short run meets both kinds.
  const open = (round: number): Promise<Sale> => openSale(tools, { ...plan, lanes: round % 2 === 1 });
  const sales: Sale[] = [];

  const send = async (first: Sale): Promise<void> => {
    let sale = first;
    for (let round = 0; !arrivals.stopped(); round += 1) {
      sales.push(sale);
      // Opened ahead, so that people go on coming when this one is sold out.
      const next = open(round + 1);
      next.catch(() => undefined);
      const crowd = chaosCrowdOf(
        { fans, durationMs: WINDOW_MS, seed: options.seed + round, seatsPerFan: SEATS_PER_FAN_MAX },
        options.lives,
      );
      await sale.send(crowd, arrivals);
      sale = await next;
    }
    await sale.over();
  };
  const sending = send(await open(0));
  // Whoever stops the arrivals hears of it.
  sending.catch(() => undefined);

  return {
    tally,
    sales,
    async stopArrivals() {
      arrivals.stop();
      await sending;
    },
    async finish(withinMs) {
      const deadline = setTimeout(() => sleeps.stop(), withinMs);
      await Promise.all(sales.map((sale) => sale.over()));
      clearTimeout(deadline);
      sleeps.stop();
      client.close();
    },
  };
};
