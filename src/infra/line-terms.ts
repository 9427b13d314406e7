import type { Clock } from '../domain/ports/environment.ts';
import type { Logger } from './log.ts';
import type { Keeper, LineKeeper } from './postgres/line-keeper.ts';
import type { Reach } from './reach.ts';

/** A lease outlives some renewals that come late from a busy Postgres; a node that dies with Redis delays the others by it. */
const LEASE_MS = 5_000;
const BEAT_MS = 500;
/** While nobody counts the line stands still: the last to give its lease back decides how long. */
const HURRIED_BEAT_MS = 100;
/** A command that was sent while the lease was alive may still be executed for so long. */
const MARGIN_MS = 1_000;
/** Connections break and are back within the blink of an eye; changing the keeper costs the called their reservation. */
const PATIENCE_MS = 300;
/** Redis must have answered for so long before it counts again. */
const STEADY_MS = 1_000;

/** Who counts, in which term, as far as this node may act on it. */
export interface Turn {
  readonly term: number;
  readonly by: 'redis' | 'postgres';
}

export interface LineTerms {
  /** Null: this node may not count at present; another may. */
  turn(): Turn | null;
  /** What was asked in this turn may still be believed. */
  holds(turn: Turn): boolean;
  /** Something says that the turn is over: look now. */
  hurry(): void;
  stop(): Promise<void>;
}

export interface LineTermsOptions {
  readonly keeper: LineKeeper;
  /** Of Redis. */
  readonly reach: Reach;
  /** Unique among processes. */
  readonly nodeId: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Keeps this node's right to count the lines in Redis alive, hands it over when Redis cannot be reached, and takes it back
 * when it can. While any node counts in Redis Postgres does not stand in: a node that alone has lost Redis refuses, and
 * the others go on. Resolves after the first look, also a failed one.
 */
export const startLineTerms = async (options: LineTermsOptions): Promise<LineTerms> => {
  const { keeper, reach, nodeId, clock, log } = options;
  let current: (Turn & { readonly untilMs: number }) | null = null;
  let beating: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let cancel = (): void => undefined;

  const adopt = ({ term, standingIn }: Keeper, by: Turn['by'] | null, untilMs: number): void => {
    const before = current;
    current = by === null ? null : { term, by, untilMs };
    if (before?.term === current?.term && before?.by === current?.by) return;
    log.info({ term, standingIn, by }, 'who counts the lines has changed');
  };

  const withRedis = async (): Promise<void> => {
    const askedMs = clock.nowMs();
    const now = await keeper.renew(nodeId, LEASE_MS);
    if (!now.standingIn) {
      adopt(now, 'redis', askedMs + LEASE_MS - MARGIN_MS);
      return;
    }
    adopt(now, 'postgres', Number.POSITIVE_INFINITY);
    if (reach.sinceMs() < STEADY_MS) return;
    await keeper.handBack(now.term);
    again = true;
  };

  const withoutRedis = async (): Promise<void> => {
    if (reach.silentMs() < PATIENCE_MS) return;
    if (current?.by === 'redis') current = null;
    const now = await keeper.standIn(nodeId);
    adopt(now, now.standingIn ? 'postgres' : null, Number.POSITIVE_INFINITY);
  };

  const look = async (): Promise<void> => {
    try {
      await (reach.up() ? withRedis() : withoutRedis());
    } catch (error) {
      log.debug({ err: error }, 'it could not be asked who counts the lines');
    }
  };

  const beat = (): Promise<void> => {
    cancel();
    if (beating !== null) {
      again = true;
      return beating;
    }
    again = false;
    beating = look().finally(() => {
      beating = null;
      if (stopped) return;
      const waitMs = current === null ? HURRIED_BEAT_MS : BEAT_MS;
      cancel = clock.after(again ? 0 : waitMs, () => void beat());
    });
    return beating;
  };

  const unwatch = reach.watch((up) => {
    cancel();
    const waitMs = up ? STEADY_MS : Math.max(0, PATIENCE_MS - reach.silentMs());
    cancel = clock.after(waitMs, () => void beat());
  });
  await beat();

  const holds = (turn: Turn): boolean =>
    current !== null &&
    current.term === turn.term &&
    current.by === turn.by &&
    clock.nowMs() < current.untilMs;

  return {
    turn: () => (current !== null && holds(current) ? current : null),
    holds,
    hurry: () => void beat(),
    async stop() {
      stopped = true;
      unwatch();
      cancel();
      await beating;
      current = null;
      // Best effort: where it fails the lease runs out.
      await keeper.leave(nodeId).catch(() => undefined);
    },
  };
};
