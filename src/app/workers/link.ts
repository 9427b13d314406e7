import cluster from 'node:cluster';
import type { RunningApp } from '../../app.ts';
import type { MeasuredMetric } from '../../infra/metrics.ts';
import { ALIVE_EVERY_MS, type FromWorker, type ToWorker } from './messages.ts';

/** Longer than who keeps the workers waits for the slowest of them. */
const GATHER_WITHIN_MS = 2_000;

/** A worker's line to the process that keeps it. */
export interface WorkerLink {
  readonly worker: number;
  /** Called once, when the process is told to stop. */
  onStop(stop: () => void): void;
  ready(app: RunningApp): void;
  cannotStart(sentence: string): Promise<void>;
  /** The numbers of all workers, and of who keeps them; null: it did not answer, only our own can be told. */
  gather(): Promise<readonly (readonly MeasuredMetric[])[] | null>;
  /** Whom to ask for the numbers of this worker. */
  measures(own: () => Promise<readonly MeasuredMetric[]>): void;
}

/**
 * Null: this process was not started as a worker. A worker's life is its keeper's: signals that a terminal or a service
 * manager sends to all processes of a group are left to the keeper, and when that is gone the worker ends.
 */
export const openWorkerLink = (worker: number): WorkerLink | null => {
  if (!cluster.isWorker || process.send === undefined) return null;
  const send = (message: FromWorker, done: () => void = () => undefined): void => {
    if (process.connected) process.send?.(message, undefined, undefined, done);
    else done();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  setInterval(() => send({ type: 'alive' }), ALIVE_EVERY_MS).unref();

  let stop = (): void => undefined;
  let own: () => Promise<readonly MeasuredMetric[]> = () => Promise.resolve([]);
  const asked = new Map<number, (all: readonly (readonly MeasuredMetric[])[] | null) => void>();
  let last = 0;
  process.on('message', (message: ToWorker) => {
    if (message.type === 'stop') stop();
    else if (message.type === 'gathered') asked.get(message.request)?.(message.metrics);
    else if (message.type === 'measure') {
      const { request } = message;
      own().then(
        (metrics) => send({ type: 'measured', request, metrics }),
        () => send({ type: 'measured', request, metrics: [] }),
      );
    }
  });

  return {
    worker,
    onStop: (then) => void (stop = then),
    ready({ url, serviceUrl, sandboxUrl, databaseUrl, parts, demoEvent, operatorToken }) {
      const told = { url, serviceUrl, sandboxUrl, databaseUrl, operatorToken };
      send({
        type: 'ready',
        told: {
          ...told,
          parts: parts.map(({ name, where }) => ({ name, where })),
          demoEvent: demoEvent === null ? null : { eventId: demoEvent.eventId, name: demoEvent.name },
        },
      });
    },
    cannotStart: (sentence) =>
      new Promise((resolve) => {
        send({ type: 'cannot start', sentence }, resolve);
      }),
    gather: () =>
      new Promise((resolve) => {
        const request = (last += 1);
        const timer = setTimeout(() => finish(null), GATHER_WITHIN_MS);
        const finish = (all: readonly (readonly MeasuredMetric[])[] | null): void => {
          clearTimeout(timer);
          asked.delete(request);
          resolve(all);
        };
        asked.set(request, finish);
        send({ type: 'gather', request });
      }),
    measures: (then) => void (own = then),
  };
};
