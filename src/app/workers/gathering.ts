import type { Clock } from '../../domain/ports/environment.ts';
import type { MeasuredMetric } from '../../infra/metrics.ts';
import type { ClusterProcess } from './cluster-process.ts';
import type { FromWorker } from './messages.ts';

/** A worker that does not answer by then is left out of this scrape; Prometheus itself waits 10 s. */
const GATHER_WITHIN_MS = 1_000;

interface Gathering {
  readonly missing: Set<number>;
  readonly metrics: (readonly MeasuredMetric[])[];
  readonly finish: () => void;
}

export interface MetricsGathering {
  /** Handles what a worker says; anything that is not about metrics is ignored. */
  received(worker: number, message: FromWorker): void;
}

/**
 * The port is shared, so a scrape reaches any one of the workers: that one asks here for the numbers of all. Each answers for
 * itself and is told apart by the label `worker`.
 */
export const createMetricsGathering = (options: {
  readonly workers: () => ReadonlyMap<number, ClusterProcess>;
  /** Of the process that keeps the workers. */
  readonly own: () => Promise<readonly MeasuredMetric[]>;
  readonly clock: Clock;
}): MetricsGathering => {
  const gatherings = new Map<number, Gathering>();
  let last = 0;

  const gather = async (asker: ClusterProcess, request: number): Promise<void> => {
    const own = await options.own();
    const workers = options.workers();
    const id = (last += 1);
    let cancel = (): void => undefined;
    const metrics = [own];
    const finish = (): void => {
      cancel();
      gatherings.delete(id);
      asker.send({ type: 'gathered', request, metrics });
    };
    gatherings.set(id, { missing: new Set(workers.keys()), metrics, finish });
    cancel = options.clock.after(GATHER_WITHIN_MS, finish);
    for (const worker of workers.values()) worker.send({ type: 'measure', request: id });
  };

  return {
    received(worker, message) {
      if (message.type === 'gather') {
        const asker = options.workers().get(worker);
        if (asker !== undefined) void gather(asker, message.request);
      }
      if (message.type !== 'measured') return;
      const gathering = gatherings.get(message.request);
      if (gathering === undefined || !gathering.missing.delete(worker)) return;
      gathering.metrics.push(message.metrics);
      if (gathering.missing.size === 0) gathering.finish();
    },
  };
};
