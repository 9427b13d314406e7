import type { MeasuredMetric } from '../../infra/metrics.ts';

/** What a worker says of itself once it serves: what the banner and the tools of the data folder need. */
export interface WorkerReady {
  readonly url: string | null;
  readonly serviceUrl: string | null;
  readonly sandboxUrl: string | null;
  readonly databaseUrl: string | null;
  readonly parts: readonly { readonly name: string; readonly where: string }[];
  readonly demoEvent: { readonly eventId: string; readonly name: string } | null;
  readonly operatorToken: string;
}

/** From a worker to the process that started it. */
export type FromWorker =
  | { readonly type: 'ready'; readonly told: WorkerReady }
  /** It cannot start, and this sentence says why. */
  | { readonly type: 'cannot start'; readonly sentence: string }
  | { readonly type: 'alive' }
  /** Wants the numbers of all workers. */
  | { readonly type: 'gather'; readonly request: number }
  | { readonly type: 'measured'; readonly request: number; readonly metrics: readonly MeasuredMetric[] };

/** From that process to a worker. */
export type ToWorker =
  | { readonly type: 'stop' }
  | { readonly type: 'measure'; readonly request: number }
  | {
      readonly type: 'gathered';
      readonly request: number;
      readonly metrics: readonly (readonly MeasuredMetric[])[];
    };

/** How often a worker says that it is alive. */
export const ALIVE_EVERY_MS = 1_000;
