import type { LoadResult } from '../load.ts';

export interface Phase extends LoadResult {
  /** Of one core, of the server process. */
  readonly cpuShare: number;
  readonly holdStatements: number;
  readonly statements: number;
  readonly redisCommands: number;
}

export interface Round {
  readonly bare: Phase;
  readonly holds: Phase;
  readonly refusals: Phase;
}

type Kind = keyof Round;

export interface Summary {
  /** Medians over the rounds of (this route ÷ the bare route of the same round). */
  readonly ratios: { readonly holds: number; readonly refusals: number };
  readonly targets: { readonly holds: number; readonly refusals: number };
  /** Each ratio, so that one can see how far they lie apart. */
  readonly ratiosByRound: readonly { readonly holds: number; readonly refusals: number }[];
  readonly phases: Readonly<
    Record<
      Kind,
      {
        readonly requests: number;
        readonly perSecond: number;
        readonly p50Ms: number;
        readonly p99Ms: number;
        readonly cpuShare: number;
      }
    >
  >;
  readonly perHold: {
    readonly holdStatements: number;
    readonly statements: number;
    readonly redisCommands: number;
  };
}

const TARGETS = { holds: 0.6, refusals: 0.9 } as const;
const KINDS: readonly Kind[] = ['bare', 'holds', 'refusals'];

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const summarise = (rounds: readonly Round[]): Summary => {
  const ratiosByRound = rounds.map(({ bare, holds, refusals }) => ({
    holds: holds.perSecond / bare.perSecond,
    refusals: refusals.perSecond / bare.perSecond,
  }));
  const phaseOf = (kind: Kind) => {
    const phases = rounds.map((round) => round[kind]);
    const middle = (member: 'perSecond' | 'p50Ms' | 'p99Ms' | 'cpuShare') =>
      median(phases.map((phase) => phase[member]));
    return {
      requests: sum(phases.map((phase) => phase.requests)),
      perSecond: middle('perSecond'),
      p50Ms: middle('p50Ms'),
      p99Ms: middle('p99Ms'),
      cpuShare: middle('cpuShare'),
    };
  };
  const phases = { bare: phaseOf('bare'), holds: phaseOf('holds'), refusals: phaseOf('refusals') };
  const perHold = (member: 'holdStatements' | 'statements' | 'redisCommands') =>
    sum(rounds.map(({ holds }) => holds[member])) / phases.holds.requests;
  return {
    ratios: {
      holds: median(ratiosByRound.map((one) => one.holds)),
      refusals: median(ratiosByRound.map((one) => one.refusals)),
    },
    targets: TARGETS,
    ratiosByRound,
    phases,
    perHold: {
      holdStatements: perHold('holdStatements'),
      statements: perHold('statements'),
      redisCommands: perHold('redisCommands'),
    },
  };
};

const LABELS: Readonly<Record<Kind, string>> = {
  bare: 'bare Koa POST',
  holds: 'holds (201)',
  refusals: 'refusals (409)',
};

const COLUMNS = ['requests/s', 'ratio', 'target', 'p50 ms', 'p99 ms', 'server CPU', 'requests'] as const;
const WIDTHS = [12, 8, 8, 9, 9, 12, 10] as const;

const line = (label: string, cells: readonly string[]): string =>
  `${label.padEnd(16)}${cells.map((cell, index) => cell.padStart(WIDTHS[index] ?? 0)).join('')}`;

/** The table for people. */
export const report = (
  summary: Summary,
  { connections }: { readonly connections: number },
  durability: string,
): string => {
  const rows = KINDS.map((kind) => {
    const phase = summary.phases[kind];
    return line(LABELS[kind], [
      Math.round(phase.perSecond).toLocaleString('en'),
      kind === 'bare' ? '1' : summary.ratios[kind].toFixed(2),
      kind === 'bare' ? '' : summary.targets[kind].toFixed(2),
      phase.p50Ms.toFixed(1),
      phase.p99Ms.toFixed(1),
      `${Math.round(phase.cpuShare * 100)} %`,
      phase.requests.toLocaleString('en'),
    ]);
  });
  const { holdStatements, statements, redisCommands } = summary.perHold;
  return [
    '',
    line('', COLUMNS),
    ...rows,
    '',
    `Per hold: ${holdStatements.toFixed(3)} hold statements, ${statements.toFixed(3)} statements of any kind, ${redisCommands.toFixed(3)} Redis commands.`,
    `Ratios by round, holds: ${summary.ratiosByRound.map((one) => one.holds.toFixed(2)).join(' ')}; refusals: ${summary.ratiosByRound.map((one) => one.refusals.toFixed(2)).join(' ')}.`,
    `${connections} connections; medians of ${summary.ratiosByRound.length} rounds; Postgres with ${durability}. Every 201 was found again in Postgres, every`,
    'refusal was seat_taken. Not measured: TLS, a network, a proxy, other nodes, payment. Only the ratios of one run compare.',
  ].join('\n');
};
