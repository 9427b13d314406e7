import type { Chance } from './chance.ts';

/** The servers that nodes talk to over a network. */
export type ServerName = 'postgres' | 'redis' | 'broker' | 'gateway' | 'front';

/** How likely what is, in one seed. All shares of 1. */
export interface Weather {
  readonly lostBefore: number;
  readonly lostAfter: number;
  /** The caller is told of a failure, and it happens all the same, later. */
  readonly lostAndLate: number;
  /** The caller dies with the answer on its way. */
  readonly callerDies: number;
  readonly slow: number;
  readonly messageTwice: number;
  readonly ackLost: number;
  readonly webhookLost: number;
  readonly webhookTwice: number;
  readonly webhookLate: number;
  /** Milliseconds between two disasters (see `disasters.ts`), on average; null: none. */
  readonly disasterEveryMs: number | null;
}

const CALM: Weather = {
  lostBefore: 0,
  lostAfter: 0,
  lostAndLate: 0,
  callerDies: 0,
  slow: 0,
  messageTwice: 0,
  ackLost: 0,
  webhookLost: 0,
  webhookTwice: 0,
  webhookLate: 0,
  disasterEveryMs: null,
};

/** One seed in ten has fair weather: what goes wrong then has no fault to blame. */
const FAIR = 0.1;

const weatherOf = (chance: Chance): Weather => {
  if (chance.happens(FAIR)) return CALM;
  // Most faults are absent from most seeds, so that each is also met alone and at full strength.
  const some = (most: number): number => (chance.happens(0.5) ? chance.between(0, most) : 0);
  return {
    lostBefore: some(0.08),
    lostAfter: some(0.12),
    lostAndLate: some(0.05),
    callerDies: some(0.01),
    slow: some(0.08),
    messageTwice: some(0.4),
    ackLost: some(0.3),
    webhookLost: some(0.9),
    webhookTwice: some(0.6),
    webhookLate: some(0.6),
    disasterEveryMs: chance.happens(0.75) ? chance.between(500, 6_000) : null,
  };
};

/** What becomes of one exchange with a server. */
export interface Fate {
  readonly kind: 'fine' | 'away' | 'lost_before' | 'lost_after' | 'lost_and_late' | 'caller_dies';
  readonly requestMs: number;
  readonly answerMs: number;
}

export interface Faults {
  readonly weather: Weather;
  /** `owner`: the process that asks. */
  fateOf(server: ServerName, owner: string): Fate;
  /** Nobody reaches it for so long, or until all is healed. */
  setAway(server: ServerName, untilMs: number): void;
  isAway(server: ServerName): boolean;
  /** This process alone does not reach it for so long, or until all is healed. */
  cutOff(owner: string, server: ServerName, untilMs: number): void;
  /** Counts a fault that took place. */
  count(kind: string): void;
  counts(): ReadonlyMap<string, number>;
  /** From now on everything works. */
  heal(): void;
}

const SLOW_MS = { from: 500, to: 6_000 };
const LATE_MS = { from: 100, to: 4_000 };
/** Few calls go to some servers, and each of them matters: there faults are so many times as likely. */
const RARE: Readonly<Record<ServerName, number>> = {
  postgres: 1,
  redis: 1,
  front: 1,
  broker: 3,
  gateway: 2.5,
};
const LINK_MS = { from: 0.1, to: 4 };

export const createFaults = (chance: Chance, clock: { readonly nowMs: number }): Faults => {
  let weather = weatherOf(chance);
  const awayUntilMs = new Map<ServerName, number>();
  const counts = new Map<string, number>();
  const count = (kind: string): void => void counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const cutUntilMs = new Map<string, number>();
  const isAway = (server: ServerName): boolean => clock.nowMs < (awayUntilMs.get(server) ?? 0);
  const isCut = (server: ServerName, owner: string): boolean =>
    clock.nowMs < (cutUntilMs.get(`${owner} ${server}`) ?? 0);

  const kindOf = (server: ServerName, owner: string): Fate['kind'] => {
    if (isAway(server) || isCut(server, owner)) return 'away';
    let draw = chance.random.next() / RARE[server];
    for (const [kind, share] of [
      ['lost_before', weather.lostBefore],
      ['lost_after', weather.lostAfter],
      ['lost_and_late', weather.lostAndLate],
      ['caller_dies', server === 'front' ? 0 : weather.callerDies],
    ] as const) {
      draw -= share;
      if (draw < 0) return kind;
    }
    return 'fine';
  };

  return {
    get weather() {
      return weather;
    },
    fateOf(server, owner) {
      const kind = kindOf(server, owner);
      if (kind !== 'fine') count(`${server} ${kind.replaceAll('_', ' ')}`);
      const slow = chance.happens(weather.slow);
      if (slow) count(`${server} slow`);
      const link = (): number => chance.between(LINK_MS.from, LINK_MS.to);
      const request = kind === 'lost_and_late' ? chance.between(LATE_MS.from, LATE_MS.to) : link();
      return {
        kind,
        requestMs: request + (slow ? chance.between(SLOW_MS.from, SLOW_MS.to) : 0),
        answerMs: link(),
      };
    },
    setAway: (server, untilMs) => void awayUntilMs.set(server, untilMs),
    isAway,
    cutOff: (owner, server, untilMs) => void cutUntilMs.set(`${owner} ${server}`, untilMs),
    count,
    counts: () => counts,
    heal() {
      weather = CALM;
      awayUntilMs.clear();
      cutUntilMs.clear();
    },
  };
};
