import type { SimulationResult } from './simulate.ts';

type Numbers = Record<string, number>;

/** What happened in many runs, added up. */
export interface Tally {
  readonly seeds: number;
  readonly steps: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Numbers>;
  readonly refusals: Readonly<Numbers>;
  readonly counts: Readonly<Numbers>;
  /** Per promise: how many things were looked at. */
  readonly checked: Readonly<Numbers>;
}

export const NOTHING: Tally = {
  seeds: 0,
  steps: 0,
  virtualMs: 0,
  faults: {},
  refusals: {},
  counts: {},
  checked: {},
};

const sum = (one: Readonly<Numbers>, other: Readonly<Numbers>): Numbers => {
  const total = { ...one };
  for (const [name, count] of Object.entries(other)) total[name] = (total[name] ?? 0) + count;
  return total;
};

export const add = (tally: Tally, result: SimulationResult): Tally => ({
  seeds: tally.seeds + 1,
  steps: tally.steps + result.steps,
  virtualMs: tally.virtualMs + result.virtualMs,
  faults: sum(tally.faults, result.faults),
  refusals: sum(tally.refusals, result.refusals),
  counts: sum(tally.counts, result.counts),
  checked: sum(
    tally.checked,
    Object.fromEntries(result.verdicts.map((one) => [`${one.promise} ${one.what}`, one.checked])),
  ),
});

type Kind = 'counts' | 'refusals' | 'faults';

type Seen = Partial<Readonly<Record<Kind, readonly string[]>>>;

/**
 * What never happened in so many seeds is a fault of the simulation: a run in which too little happens proves nothing. Each is asked for
 * only where bad luck cannot explain a gap: of what is met once in n seeds, 10 n of them without it are one run in 20,000.
 */
const EXPECTED: readonly (readonly [seeds: number, seen: Seen])[] = [
  [
    30,
    {
      counts: [
        'places',
        'admissions',
        'holds',
        'orders',
        'confirmed',
        'tickets',
        'handed over',
        'in other lanes',
        'lane changed',
        'codes redeemed',
        'past the line',
      ],
      refusals: ['seat_taken', 'not_called', 'code_required', 'code_used'],
      faults: ['postgres lost before', 'postgres lost after', 'postgres away'],
    },
  ],
  [
    150,
    { counts: ['given back', 'late honoured', 'stood in'], refusals: ['code_invalid', 'code_too_early'] },
  ],
  [
    1_000,
    {
      counts: ['late refunded', 'taken back'],
      refusals: ['unavailable', 'code_expired', 'code_revoked'],
      faults: [
        'actor crashes',
        'node crashes',
        'node pauses past every TTL',
        'clock jumps ahead',
        'clock is set back',
        'redis flushed',
        'redis away',
        'node cut off from redis',
        'node cut off from postgres',
        'broker away',
        'queue deleted',
        'gateway away',
        'postgres lost and late',
        'postgres caller dies',
        'gateway lost after',
        'broker lost after',
        'broker ack lost',
        'message twice',
        'webhook lost',
        'webhook twice',
        'webhook late',
        'gateway refuses a capture',
        'gateway refuses a refund',
        'money returned at the gateway',
      ],
    },
  ],
];

/** What should have happened in so many runs and did not. */
export const missing = (tally: Tally): readonly string[] =>
  EXPECTED.filter(([seeds]) => tally.seeds >= seeds).flatMap(([, seen]) =>
    (Object.keys(seen) as Kind[]).flatMap((kind) =>
      (seen[kind] ?? []).filter((name) => (tally[kind][name] ?? 0) === 0).map((name) => `${kind}: ${name}`),
    ),
  );

const listOf = (numbers: Readonly<Numbers>): string =>
  Object.entries(numbers)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

/** The table at the end. */
export const tableOf = (tally: Tally, elapsedMs: number): string => {
  const seconds = Math.max(elapsedMs, 1) / 1_000;
  const rows: readonly (readonly [string, string])[] = [
    ['seeds', `${tally.seeds} (${(tally.seeds / seconds).toFixed(1)}/s)`],
    ['steps', `${tally.steps} (${Math.round(tally.steps / seconds)}/s)`],
    ['virtual time', `${(tally.virtualMs / 3_600_000).toFixed(2)} h`],
    ['sales', listOf(tally.counts)],
    ['refusals', listOf(tally.refusals)],
    ['faults', listOf(tally.faults)],
  ];
  return rows.map(([name, text]) => `  ${name.padEnd(14)}${text}`).join('\n');
};
