import { connect, type Socket } from 'node:net';
import { at } from '../load.ts';
import { Fifo } from './fifo.ts';

export interface OpenLoopOptions {
  readonly port: number;
  /** Arrivals a second, whether the server keeps up or not. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Keep-alive connections; an arrival that finds none free waits for one, and its wait counts. */
  readonly connections: number;
  /** Null: nobody is left to come. */
  readonly next: () => Buffer | null;
  readonly onAnswer: (request: Buffer, status: number) => void;
}

interface Times {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface OpenLoopResult {
  readonly offeredPerSecond: number;
  readonly sentPerSecond: number;
  readonly good: Times;
  /** From the moment it was sent: how long the server takes to say no. */
  readonly refused: Times;
  readonly other: number;
  /** Arrivals that the generator could not send in time, because every connection waited for an answer. */
  readonly unsent: number;
}

const TICK_MS = 5;
const HEAD_END = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: (\d+)/i;
/** A crowd that cannot be sent is not kept for ever: who came first gives up. */
const WAITING_MAX = 5_000;

interface Sent {
  readonly request: Buffer;
  readonly arrivedMs: number;
  readonly sentMs: number;
}

const opened = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });

const timesOf = (values: readonly number[], seconds: number): Times => {
  const sorted = Float64Array.from(values).sort();
  return {
    count: sorted.length,
    perSecond: sorted.length / seconds,
    p50Ms: at(sorted, 0.5),
    p99Ms: at(sorted, 0.99),
  };
};

/**
 * An open loop: arrivals come at their rate, and time counts from the arrival, so that a server that stalls is not asked
 * less and does not look better for it.
 */
export const openLoop = async (options: OpenLoopOptions): Promise<OpenLoopResult> => {
  const free: Socket[] = [];
  const sockets = new Set<Socket>();
  const underWay = new Map<Socket, Sent>();
  const waiting = new Fifo<{ readonly request: Buffer; readonly arrivedMs: number }>();
  const [good, refused]: [number[], number[]] = [[], []];
  let [sent, other, unsent] = [0, 0, 0];

  const send = (): void => {
    while (free.length > 0) {
      const one = waiting.shift();
      if (one === undefined) break;
      const socket = free.pop() as Socket;
      underWay.set(socket, { ...one, sentMs: performance.now() });
      sent += 1;
      socket.write(one.request);
    }
  };
  const answered = (socket: Socket, status: number): void => {
    const one = underWay.get(socket);
    // A 408 to a connection on which nothing was asked for long: the server is about to close it.
    if (one === undefined) return;
    underWay.delete(socket);
    free.push(socket);
    const nowMs = performance.now();
    if (status === 200 || status === 201) good.push(nowMs - one.arrivedMs);
    else if (status === 503) refused.push(nowMs - one.sentMs);
    else other += 1;
    options.onAnswer(one.request, status);
    send();
  };
  let isOver = false;
  const lost = async (socket: Socket): Promise<void> => {
    sockets.delete(socket);
    const index = free.indexOf(socket);
    if (index >= 0) free.splice(index, 1);
    const one = underWay.get(socket);
    underWay.delete(socket);
    if (one !== undefined) {
      other += 1;
      options.onAnswer(one.request, 0);
    }
    if (!isOver) await join();
  };
  const join = async (): Promise<void> => {
    const socket = await opened(options.port);
    if (isOver) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    free.push(socket);
    socket.once('close', () => void lost(socket));
    let pending = '';
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      const head = pending.indexOf(HEAD_END);
      const length = head < 0 ? undefined : LENGTH.exec(pending)?.[1];
      if (length === undefined || pending.length < head + HEAD_END.length + Number(length)) return;
      const status = Number(pending.slice(9, 12));
      pending = '';
      answered(socket, status);
    });
  };
  await Promise.all(Array.from({ length: options.connections }, join));

  const startedMs = performance.now();
  let arrived = 0;
  await new Promise<void>((resolve) => {
    const tick = setInterval(() => {
      const elapsedMs = Math.min(performance.now() - startedMs, options.seconds * 1_000);
      for (const due = Math.floor((elapsedMs * options.perSecond) / 1_000); arrived < due; arrived += 1) {
        const request = options.next();
        if (request === null) break;
        if (waiting.length >= WAITING_MAX) {
          const left = waiting.shift();
          if (left !== undefined) options.onAnswer(left.request, 0);
          unsent += 1;
        }
        waiting.push({ request, arrivedMs: startedMs + (arrived * 1_000) / options.perSecond });
      }
      send();
      if (elapsedMs < options.seconds * 1_000) return;
      clearInterval(tick);
      resolve();
    }, TICK_MS);
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  for (let left = waiting.shift(); left !== undefined; left = waiting.shift()) {
    unsent += 1;
    options.onAnswer(left.request, 0);
  }
  isOver = true;
  // What is under way is not counted any more; the server is left to finish it.
  for (const [, { request }] of underWay) options.onAnswer(request, 0);
  underWay.clear();
  for (const socket of sockets) socket.destroy();
  return {
    offeredPerSecond: arrived / seconds,
    sentPerSecond: sent / seconds,
    good: timesOf(good, seconds),
    refused: timesOf(refused, seconds),
    other,
    unsent,
  };
};
