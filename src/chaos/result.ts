import type { Verdict } from '../audit/verdict.ts';
import { percentileOf, recoveriesOf, type Recovery } from './recovery.ts';
import type { ChaosRecord } from './run.ts';
import type { StrikeRecord } from './strikes.ts';
import type { Happened } from './tallying.ts';
import { promisesOver, reasonsAgainst, type Enough } from './verdict.ts';

/** A time that a promise names, as this run saw it. Not judged: it depends on the machine. */
export interface Figure {
  readonly promise: string;
  readonly what: string;
  readonly promisedMs: number;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What a run came to; printed as it is with `--json`. */
export interface ChaosResult {
  readonly ok: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
  readonly seed: number;
  readonly startedAt: string;
  readonly loadMs: number;
  readonly totalMs: number;
  readonly counts: ChaosRecord['counts'];
  readonly outcomes: ChaosRecord['outcomes'];
  readonly requests: Happened['requests'];
  readonly ordersSeen: Happened['ordersSeen'];
  readonly strikes: readonly (StrikeRecord & { readonly atMs: number })[];
  readonly recoveries: readonly Recovery[];
  readonly figures: readonly Figure[];
  readonly promises: readonly Verdict[];
  readonly events: readonly { readonly eventId: string; readonly fans: number; readonly seats: number }[];
  /** How often a process of ours ended by itself, by name. */
  readonly ownExits: Readonly<Record<string, number>>;
  readonly seconds: Happened['seconds'];
}

const figure = (
  promise: string,
  what: string,
  promisedMs: number,
  values: readonly (number | null)[],
): Figure[] => {
  const seen = values.filter((value) => value !== null);
  if (seen.length === 0) return [];
  const at = (share: number): number => Math.round(percentileOf(seen, share) ?? 0);
  return [{ promise, what, promisedMs, count: seen.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }];
};

const figuresOf = (strikes: readonly StrikeRecord[], recoveries: readonly Recovery[]): readonly Figure[] => {
  const ofKinds = (...kinds: string[]) => recoveries.filter((one) => kinds.includes(one.kind));
  const gone = (part: string) => ofKinds(`${part}-kill`, `${part}-unreachable`);
  const noticed = (list: readonly Recovery[]) => list.map((one) => one.noticedAfterMs);
  const normal = (list: readonly Recovery[]) => list.map((one) => one.normalAfterMs);
  return [
    ...figure(
      'P10',
      'a killed actor runs again',
      100,
      strikes.map((one) => one.backAfterMs),
    ),
    ...figure('P11', 'a killed node is ready, from its start', 5_000, normal(ofKinds('node-kill'))),
    ...figure('P12', 'Redis gone: a node says so', 2_000, noticed(gone('redis'))),
    ...figure('P12', 'Redis back: every node is well', 10_000, normal(gone('redis'))),
    ...figure('P13', 'RabbitMQ back: every node is well', 10_000, normal(gone('rabbit'))),
    ...figure('P14', 'Postgres gone: a node says so', 2_000, noticed(gone('postgres'))),
    ...figure('P14', 'Postgres back: every node is ready', 10_000, normal(gone('postgres'))),
  ];
};

/** Judges a run. Pure. */
export const resultOf = (record: ChaosRecord, happened: Happened, enough: Enough): ChaosResult => {
  const { strikes, samples, counts, outcomes, sales, seed, ownExits } = record;
  const promises = promisesOver(sales.flatMap((sale) => sale.verdicts));
  const reasons = reasonsAgainst(
    { promises, strikes, orders: counts.orders, sales: counts.sales, happened },
    enough,
  );
  const recoveries = recoveriesOf(strikes, samples);
  return {
    ok: reasons.length === 0,
    reasons,
    seed,
    startedAt: new Date(record.startedAtMs).toISOString(),
    loadMs: Math.round(record.loadEndedAtMs - record.startedAtMs),
    totalMs: Math.round(record.endedAtMs - record.startedAtMs),
    counts,
    outcomes,
    requests: happened.requests,
    ordersSeen: happened.ordersSeen,
    strikes: strikes.map((one) => ({ ...one, atMs: Math.round(one.struckAtMs - record.startedAtMs) })),
    recoveries,
    figures: figuresOf(strikes, recoveries),
    promises,
    events: sales.map(({ eventId, fans, seats }) => ({ eventId, fans, seats })),
    ownExits,
    seconds: happened.seconds,
  };
};
