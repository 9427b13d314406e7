import { Restarts, type Supervision } from '../../actors/kit/supervision.ts';
import type { Clock, Random } from '../../domain/ports/environment.ts';
import { pause } from '../../infra/deadline.ts';
import type { Logger } from '../../infra/log.ts';
import { StartError } from '../start-error.ts';
import { ALIVE_EVERY_MS, type WorkerReady } from './messages.ts';

/** One worker of a slot: a process, from its start to its end. */
export interface WorkerProcess {
  readonly pid: number;
  /** Rejects with why it cannot start, if it ends before it serves. */
  readonly ready: Promise<WorkerReady>;
  /** Resolves when it is gone. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Whether it has said that it is alive since this was last asked. */
  heard(): boolean;
  /** In order: no new requests, those under way finish. */
  stop(): void;
  kill(): void;
}

export interface FleetOptions {
  readonly size: number;
  /** `first`: nothing of this installation has been started before it, so it does what must be done once. */
  readonly spawn: (worker: number, first: boolean) => WorkerProcess;
  readonly supervision: Supervision;
  /** A worker that is still there so long after it was told to stop is killed. */
  readonly stopWithinMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** A worker was started again. */
  readonly onRestart?: (worker: number) => void;
  /** The budget of a worker is spent, or none is left and none can start: whoever runs this process decides. */
  readonly onGiveUp: (reason: string) => void;
}

export interface Fleet {
  /**
   * Starts one worker, and when it serves the others beside each other. Resolves with what the first has said; rejects when
   * it cannot start.
   */
  start(): Promise<WorkerReady>;
  /** The workers that serve, by their number (from 1). */
  serving(): ReadonlyMap<number, WorkerProcess>;
  /** Ends them all; nobody is started again. Resolves when they are gone. Safe to call twice. */
  stop(): Promise<void>;
}

/** So many looks without a word, and a worker is taken for hung: connections would still be handed to it. */
const SILENT_LOOKS_MAX = 10;
/** A worker that cannot start is tried again after this, then after twice as long, while others serve. */
const FIRST_RETRY_MS = 500;
const SLOWEST_RETRY_MS = 10_000;

/**
 * Keeps `size` workers alive. One that dies is started again after a pause, within the budget of the supervision given; one
 * that fell silent is killed first. Processes know nothing of each other, so a death costs the others nothing.
 */
export const createFleet = (options: FleetOptions): Fleet => {
  const { clock, random, log } = options;
  const alive = new Map<number, WorkerProcess>();
  const serving = new Map<number, WorkerProcess>();
  const slots = Array.from({ length: options.size }, (_, index) => ({
    worker: index + 1,
    restarts: new Restarts(options.supervision, clock, random),
  }));
  let stopNow = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (stopNow = resolve));
  const kept: Promise<void>[] = [];
  let stopping: Promise<void> | null = null;
  let gaveUp = false;

  const isStopping = (): boolean => stopping !== null || gaveUp;
  const giveUp = (reason: string): void => {
    if (isStopping()) return;
    gaveUp = true;
    options.onGiveUp(reason);
  };

  const rest = (ms: number): Promise<unknown> => Promise.race([pause(clock, ms), stopped]);

  const watchSilence = (worker: number, one: WorkerProcess): (() => void) => {
    let silent = 0;
    let cancel = (): void => undefined;
    const look = (): void => {
      // Looks are counted, not time: after this process itself was suspended nobody is to blame.
      silent = one.heard() ? 0 : silent + 1;
      if (silent >= SILENT_LOOKS_MAX) {
        log.error({ worker, pid: one.pid }, 'a worker fell silent and is killed');
        one.kill();
        return;
      }
      cancel = clock.after(ALIVE_EVERY_MS, look);
    };
    cancel = clock.after(ALIVE_EVERY_MS, look);
    return () => cancel();
  };

  const spawn = (worker: number, first: boolean): WorkerProcess => {
    const one = options.spawn(worker, first);
    alive.set(worker, one);
    void one.ended.finally(() => {
      if (alive.get(worker) === one) alive.delete(worker);
    });
    return one;
  };

  /** The life of one process. Resolves when it is gone, with whether it ever served. */
  const live = async (worker: number, one: WorkerProcess): Promise<boolean> => {
    let unwatch = (): void => undefined;
    let served = false;
    const becomeReady = async (): Promise<void> => {
      await one.ready;
      served = true;
      serving.set(worker, one);
      unwatch = watchSilence(worker, one);
    };
    const becoming = becomeReady().catch(() => undefined);
    const end = await one.ended;
    await becoming;
    unwatch();
    if (serving.get(worker) === one) serving.delete(worker);
    if (!isStopping()) log.error({ worker, pid: one.pid, ...end, served }, 'a worker has ended');
    return served;
  };

  const keep = async (
    { worker, restarts }: (typeof slots)[number],
    initial: WorkerProcess,
  ): Promise<void> => {
    let failures = 0;
    let one = initial;
    for (;;) {
      const served = await live(worker, one);
      if (isStopping()) return;
      if (served) {
        failures = 0;
        const pauseMs = restarts.plan();
        if (pauseMs === null) {
          const { maxRestarts, withinMs } = options.supervision;
          giveUp(`worker ${worker} died more than ${maxRestarts} times within ${withinMs / 1_000} s`);
          return;
        }
        await restarts.due;
      } else if (serving.size === 0) {
        giveUp(`worker ${worker} cannot start, and no other serves`);
        return;
      } else {
        failures += 1;
        await rest(Math.min(SLOWEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)));
      }
      if (isStopping()) return;
      options.onRestart?.(worker);
      one = spawn(worker, false);
    }
  };

  const begin = async (slot: (typeof slots)[number], first: boolean): Promise<WorkerReady> => {
    const one = spawn(slot.worker, first);
    const ready = one.ready;
    if (first) {
      // Until it serves this is a start, not a crash: whoever started us is told why, once.
      const told = await ready;
      kept.push(keep(slot, one));
      return told;
    }
    kept.push(keep(slot, one));
    return ready;
  };

  return {
    async start() {
      const [first, ...others] = slots;
      if (first === undefined) throw new StartError('A fleet has one worker or more.');
      const told = await begin(first, true);
      if (!isStopping()) await Promise.allSettled(others.map((slot) => begin(slot, false)));
      return told;
    },
    serving: () => serving,
    stop() {
      const end = async (): Promise<void> => {
        stopNow();
        for (const { restarts } of slots) restarts.giveUp();
        for (const one of alive.values()) one.stop();
        const gone = Promise.all([...alive.values()].map((one) => one.ended));
        const cancel = clock.after(options.stopWithinMs, () => {
          for (const one of alive.values()) one.kill();
        });
        await gone;
        cancel();
        await Promise.all(kept);
      };
      stopping ??= end();
      return stopping;
    },
  };
};
