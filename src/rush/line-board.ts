import type { Client } from './client.ts';
import type { FrameDocument } from './documents.ts';
import type { Memory } from './memory.ts';

export type CallOutcome = 'called' | 'patience_ended' | 'sold_out' | 'stopped';

/** Where somebody stands. `lane` null: one line for all. */
export interface Spot {
  readonly number: number;
  readonly lane: string | null;
}

const isCalled = ({ number, lane }: Spot, frame: FrameDocument | null): boolean => {
  const serving = lane === null ? frame?.serving : frame?.lanes?.find(({ id }) => id === lane)?.serving;
  return number <= (serving ?? 0);
};

/** The one frame that everybody in the line reads, and those who wait for their number. */
export interface LineBoard {
  latest(): FrameDocument | null;
  /** Resolves when who stands there may come in, the patience ends, everything is sold or the run stops. */
  waitFor(spot: Spot, patienceMs: number, streams: boolean): Promise<CallOutcome>;
  /** Everything is sold: sends home who still waits. */
  soldOut(): void;
  stop(): void;
}

interface Waiter {
  readonly spot: Spot;
  readonly untilMs: number;
  readonly resolve: (outcome: CallOutcome) => void;
}

const POLL_EVERY_MS = 500;

/**
 * Polls the frame once for all fans, as an edge cache would: a browser behind it costs the server nothing. A share of the fans
 * reads a stream of their own instead, and falls back to polling when it ends.
 */
export const createLineBoard = (client: Client, path: string, memory: Memory): LineBoard => {
  const waiters = new Set<Waiter>();
  const streams = new Set<{ stop(): void }>();
  let latest: FrameDocument | null = null;
  let over: 'sold_out' | 'stopped' | null = null;
  let timer: NodeJS.Timeout | null = null;

  const settle = (waiter: Waiter, outcome: CallOutcome): void => {
    waiters.delete(waiter);
    waiter.resolve(outcome);
  };
  const look = (): void => {
    const nowMs = performance.now();
    for (const waiter of waiters) {
      if (isCalled(waiter.spot, latest)) settle(waiter, 'called');
      else if (waiter.untilMs <= nowMs) settle(waiter, 'patience_ended');
    }
  };
  const seen = (frame: FrameDocument): void => {
    memory.frame(frame);
    latest = frame;
  };
  const poll = async (): Promise<void> => {
    const answer = await client.ask({ step: 'frame', method: 'GET', to: path });
    if (over === 'stopped') return;
    if (answer.kind === 'ok') seen(answer.body as FrameDocument);
    look();
    timer = setTimeout(() => void poll(), POLL_EVERY_MS);
  };
  void poll();

  const enqueue = (spot: Spot, patienceMs: number): Promise<CallOutcome> =>
    new Promise((resolve) => {
      if (over !== null) resolve(over);
      else if (isCalled(spot, latest)) resolve('called');
      else waiters.add({ spot, untilMs: performance.now() + patienceMs, resolve });
    });

  /** Only this fan hears this stream; the shared frame stays what the poll saw. */
  const watch = (spot: Spot): Promise<'called' | 'ended'> =>
    new Promise((resolve) => {
      const done = (outcome: 'called' | 'ended'): void => {
        stream.stop();
        streams.delete(handle);
        resolve(outcome);
      };
      const stream = client.stream(
        `${path}/stream`,
        (data) => {
          const frame = data as FrameDocument;
          memory.frame(frame);
          if (isCalled(spot, frame)) done('called');
        },
        () => done('ended'),
      );
      const handle = { stop: () => done('ended') };
      streams.add(handle);
    });

  const end = (outcome: 'sold_out' | 'stopped'): void => {
    over = outcome;
    for (const waiter of waiters) settle(waiter, outcome);
    for (const stream of streams) stream.stop();
  };

  return {
    latest: () => latest,
    async waitFor(spot, patienceMs, wantsStream) {
      if (wantsStream && over === null && patienceMs === Number.POSITIVE_INFINITY) {
        const outcome = await watch(spot);
        if (outcome === 'called') return 'called';
      }
      return enqueue(spot, patienceMs);
    },
    soldOut: () => end('sold_out'),
    stop() {
      if (timer !== null) clearTimeout(timer);
      end('stopped');
    },
  };
};
