import type { StrikeRecord } from './strikes.ts';
import type { Sample } from './watch.ts';

/** How a part came back after one strike. Times in milliseconds; null: not seen. */
export interface Recovery {
  readonly kind: string;
  readonly part: StrikeRecord['part'];
  /** From the harm until a node said so or fell silent. */
  readonly noticedAfterMs: number | null;
  /** From the end of the fault (the server answers again, the process is told to start) until no node suffers from it. */
  readonly normalAfterMs: number | null;
}

/** What a node's `/readyz` calls the part. */
const NAMED: Readonly<Partial<Record<StrikeRecord['part'], string>>> = {
  postgres: 'PostgreSQL',
  redis: 'Redis',
  rabbit: 'RabbitMQ',
};

const suffers = (sample: Sample, part: StrikeRecord['part']): boolean => {
  const name = NAMED[part];
  // A node that is silent has a trouble of its own, or a starting node would be held against every server at once.
  return name === undefined ? sample.state !== 'ready' : sample.down.includes(name);
};

/** Whether any node suffered at that time, by its last sample before or then. */
const anySuffers = (samples: readonly Sample[], part: StrikeRecord['part'], atMs: number): boolean => {
  const last = new Map<string, Sample>();
  for (const sample of samples) if (sample.atMs <= atMs) last.set(sample.node, sample);
  return [...last.values()].some((sample) => suffers(sample, part));
};

/**
 * Reads from the samples how each strike was noticed and got over. For a killed process the way back begins when it is told
 * to start; for a server when it answers again. Only of parts that `/readyz` speaks of, and only of strikes that landed.
 */
export const recoveriesOf = (
  strikes: readonly StrikeRecord[],
  samples: readonly Sample[],
): readonly Recovery[] =>
  strikes
    .filter((strike) => strike.missed === null && (strike.part in NAMED || strike.part === 'nodes'))
    .map((strike) => {
      const { kind, part } = strike;
      const endsAtMs = part === 'nodes' ? strike.healStartedAtMs : strike.healedAtMs;
      const noticed = samples.find(
        (sample) =>
          sample.atMs >= strike.struckAtMs && sample.atMs <= strike.healedAtMs && suffers(sample, part),
      );
      const times = [endsAtMs, ...samples.map((sample) => sample.atMs).filter((atMs) => atMs > endsAtMs)];
      const wellAtMs = times.find((atMs) => !anySuffers(samples, part, atMs));
      return {
        kind,
        part,
        noticedAfterMs: noticed === undefined ? null : Math.round(noticed.atMs - strike.struckAtMs),
        normalAfterMs: wellAtMs === undefined ? null : Math.round(wellAtMs - endsAtMs),
      };
    });

/** The value that `share` of all are at most; null: there are none. */
export const percentileOf = (values: readonly number[], share: number): number | null => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
};
