import { parseArgs } from 'node:util';
import type { Nemesis } from './nemesis.ts';
import { ALL_NEMESES } from './nemeses/all.ts';
import type { ChaosPlan } from './run.ts';
import { enoughFor, type Enough } from './verdict.ts';

/** The command was called wrongly. */
export class ChaosUsageError extends Error {}

export const CHAOS_USAGE = `chaos: private servers and nodes, fans, faults, then an audit of what was promised

  --short          about a minute of load, with faults that heal quickly
  --minutes N      that much load, with every kind of fault (10)
  --seed N         the same seed makes the same crowd and the same plan of faults (default: by the clock)
  --kinds A,B      only these kinds of fault
  --fans N         so many come each second, unless too many are there already (6)
  --every S        seconds from one fault to the next (3.5; short: 4)
  --json           one JSON object as the last line
  --report FILE    a page with a timeline
  --history FILE   every request and every fault, one JSON object a line

Exit code 1: a promise was broken or too little happened. 2: no run was possible.
`;

/** What heals within seconds even where two cores do everything. */
const SHORT_KINDS = [
  'actor-kill',
  'node-kill',
  'node-pause',
  'redis-kill',
  'redis-flushall',
  'redis-pause',
  'rabbit-cut',
  'rabbit-half-open',
  'postgres-cut',
  'postgres-backends-terminated',
  'postgres-locks-held',
  'commit-reply-swallowed',
  'gateway-timeout-after-success',
  'gateway-errors',
  'webhooks-duplicated',
  'webhooks-lost',
] as const;
const SHORT_LOAD_MS = 60_000;
const SHORT_EXTRA_MS = 45_000;
const SHORT_STRIKE_EVERY_MS = 4_000;
const LONG_MINUTES = 10;
const STRIKE_EVERY_MS = 3_500;
const NODES = 2;
const FANS_PER_SECOND = 6;
/** The stay of a fan that is not in a hurry, in seconds; more at once only wait for each other. */
const FAN_STAYS_SECONDS = 6.6;

export interface ChaosOptions {
  readonly plan: ChaosPlan;
  readonly enough: Enough;
  readonly json: boolean;
  readonly help: boolean;
  readonly reportFile: string | null;
  readonly historyFile: string | null;
}

const numberOf = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value;
  throw new ChaosUsageError(`--${name} must be a number of at least ${least}, not "${text}"`);
};

const kindsOf = (names: readonly string[]): readonly Nemesis[] =>
  names.map((name) => {
    const found = ALL_NEMESES.find((one) => one.kind === name);
    if (found !== undefined) return found;
    const known = ALL_NEMESES.map((one) => one.kind).join(', ');
    throw new ChaosUsageError(`there is no kind of fault "${name}"; there are ${known}`);
  });

const OPTIONS = {
  short: { type: 'boolean', default: false },
  minutes: { type: 'string' },
  seed: { type: 'string' },
  kinds: { type: 'string' },
  fans: { type: 'string' },
  every: { type: 'string' },
  json: { type: 'boolean', default: false },
  report: { type: 'string' },
  history: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const valuesOf = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new ChaosUsageError(error instanceof Error ? error.message : String(error));
  }
};

/** The arguments as options; throws a `ChaosUsageError` that names what is wrong. */
export const chaosOptionsOf = (args: readonly string[], nowMs: number): ChaosOptions => {
  const values = valuesOf(args);
  const { short } = values;
  if (short && values.minutes !== undefined) throw new ChaosUsageError('--short or --minutes, not both');
  const minutes = values.minutes === undefined ? LONG_MINUTES : numberOf('minutes', values.minutes, 0.5);
  const loadMs = short ? SHORT_LOAD_MS : minutes * 60_000;
  const named = values.kinds?.split(',') ?? (short ? SHORT_KINDS : null);
  const kinds = named === null ? ALL_NEMESES : kindsOf(named);
  const fansPerSecond = values.fans === undefined ? FANS_PER_SECOND : numberOf('fans', values.fans, 0.5);
  const usualEveryMs = short ? SHORT_STRIKE_EVERY_MS : STRIKE_EVERY_MS;
  const strikeEveryMs =
    values.every === undefined ? usualEveryMs : numberOf('every', values.every, 1) * 1_000;
  return {
    plan: {
      seed: values.seed === undefined ? nowMs % 4_294_967_296 : Math.floor(numberOf('seed', values.seed, 0)),
      loadMs,
      extraMs: short ? SHORT_EXTRA_MS : 0,
      strikeEveryMs,
      nodes: NODES,
      fansPerSecond,
      fansAtOnce: Math.ceil(fansPerSecond * FAN_STAYS_SECONDS),
      kinds,
    },
    enough: enoughFor(loadMs, kinds.length, strikeEveryMs),
    json: values.json,
    help: values.help,
    reportFile: values.report ?? null,
    historyFile: values.history ?? null,
  };
};
