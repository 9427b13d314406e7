import cluster from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { StartError } from '../start-error.ts';
import type { WorkerProcess } from './fleet.ts';
import type { FromWorker, ToWorker, WorkerReady } from './messages.ts';

const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));

/** A process of this program that shares the ports it listens on with others that were started so. */
export interface ClusterProcess extends WorkerProcess {
  send(message: ToWorker): void;
}

/** Starts `catraca <args>` with this process' environment and `variables`. `onMessage` gets what else it says. */
export const spawnWorker = (
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  onMessage: (message: FromWorker) => void,
): ClusterProcess => {
  // Advanced: JSON would turn the infinite bound of a histogram's last bucket into null.
  cluster.setupPrimary({ exec: MAIN, args: [...args], serialization: 'advanced' });
  const worker = cluster.fork(variables);
  let heard = true;
  let reason: string | null = null;
  let onReady: (told: WorkerReady) => void = () => undefined;
  const served = new Promise<WorkerReady>((resolve) => (onReady = resolve));
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'alive') heard = true;
    else if (message.type === 'ready') onReady(message.told);
    else if (message.type === 'cannot start') reason = message.sentence;
    else onMessage(message);
  });
  // A message to one that is just dying is nobody's fault.
  worker.on('error', () => undefined);
  const ended = (once(worker, 'exit') as Promise<[number | null, string | null]>).then(([code, signal]) => ({
    code,
    signal,
  }));
  const ready = Promise.race([
    served,
    ended.then(() => {
      throw new StartError(reason ?? 'A worker ended before it served.');
    }),
  ]);
  ready.catch(() => undefined);
  const send = (message: ToWorker): void => {
    if (worker.isConnected()) worker.send(message, () => undefined);
  };
  return {
    pid: worker.process.pid ?? 0,
    ready,
    ended,
    send,
    heard() {
      const was = heard;
      heard = false;
      return was;
    },
    stop: () => send({ type: 'stop' }),
    kill: () => void worker.process.kill('SIGKILL'),
  };
};
