import { connect, type Socket } from 'node:net';

/** What one phase of load has seen. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
}

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The bytes of the next request; null: there is none left, and the phase ends early. */
  readonly next: () => Buffer | null;
  readonly onAnswer: (status: number, body: string) => void;
}

const HEAD_END = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: (\d+)/i;
/** An answer that takes longer than any deadline of the server has got lost. */
const LOST_AFTER_MS = 15_000;

const opened = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });

/**
 * Sends over one keep-alive connection, the next request as soon as the last one was answered. Written over bare sockets,
 * because on a shared machine whatever the generator spends is missing to the server: Node's own client costs more than
 * the route it would measure.
 */
const drive = (socket: Socket, untilMs: number, options: LoadOptions, latencies: number[]): Promise<void> =>
  new Promise((resolve, reject) => {
    let pending = '';
    let sentMs = 0;
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    const send = (): void => {
      const request = performance.now() < untilMs ? options.next() : null;
      if (request === null) {
        socket.removeAllListeners('close');
        socket.destroy();
        resolve();
        return;
      }
      sentMs = performance.now();
      socket.write(request);
    };
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      const head = pending.indexOf(HEAD_END);
      if (head < 0) return;
      const length = LENGTH.exec(pending)?.[1];
      if (length === undefined) {
        fail(new Error(`an answer without a length: ${pending.slice(0, 200)}`));
        return;
      }
      const end = head + HEAD_END.length + Number(length);
      if (pending.length < end) return;
      latencies.push(performance.now() - sentMs);
      options.onAnswer(Number(pending.slice(9, 12)), pending.slice(head + HEAD_END.length, end));
      pending = '';
      send();
    });
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed a connection')));
    socket.setTimeout(LOST_AFTER_MS, () => fail(new Error('a request was not answered')));
    send();
  });

/** The value below which `share` of them lie. */
export const at = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** A closed loop: as many requests under way as there are connections, for `seconds` or until there is nothing to send. */
export const load = async (options: LoadOptions): Promise<LoadResult> => {
  const sockets = await Promise.all(Array.from({ length: options.connections }, () => opened(options.port)));
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const counting: LoadOptions = {
    ...options,
    onAnswer(status, body) {
      statuses[status] = (statuses[status] ?? 0) + 1;
      options.onAnswer(status, body);
    },
  };
  const startedMs = performance.now();
  const untilMs = startedMs + options.seconds * 1_000;
  await Promise.all(sockets.map((socket) => drive(socket, untilMs, counting, latencies)));
  const seconds = (performance.now() - startedMs) / 1_000;
  const sorted = Float64Array.from(latencies).sort();
  return {
    requests: sorted.length,
    seconds,
    perSecond: sorted.length / seconds,
    p50Ms: at(sorted, 0.5),
    p99Ms: at(sorted, 0.99),
    maxMs: at(sorted, 1),
    statuses,
  };
};
