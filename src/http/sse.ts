import type { ServerResponse } from 'node:http';
import type { Clock } from '../domain/ports/environment.ts';
import { RefusalError, refuse } from '../domain/refusal.ts';

/** One reader of a server-sent event stream. */
export interface SseStream {
  /** Sends one unnamed event (`onmessage` in a browser). After the end it does nothing. */
  send(data: object): void;
  /** Ends the stream; what was sent still arrives. */
  end(): void;
}

export interface SseHub {
  /**
   * Takes the response over. Before it touches it: throws `overloaded` at too many streams, `unavailable` after `close`. Of a
   * reader that has left meanwhile nothing is kept, and nothing is subscribed.
   */
  open(response: ServerResponse, subscribe: (stream: SseStream) => () => void): void;
  /** Counts a stream that somebody else feeds, and ends it with the others. Throws as `open` does. */
  adopt(response: ServerResponse): void;
  size(): number;
  /** Ends every stream and takes no more. */
  close(): void;
}

export interface SseHubOptions {
  readonly clock: Clock;
  readonly maxStreams: number;
  readonly bufferBytes: number;
  readonly heartbeatMs: number;
  readonly onSize: (open: number) => void;
  readonly onFault: (error: unknown) => void;
}

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // nginx would otherwise collect events until its buffer is full.
  'X-Accel-Buffering': 'no',
} as const;

/** One encoding for all readers: ten thousand of them get the same frame object each tick. */
const encoded = new WeakMap<object, string>();
const encode = (data: object): string => {
  const known = encoded.get(data);
  if (known !== undefined) return known;
  const text = `data: ${JSON.stringify(data)}\n\n`;
  encoded.set(data, text);
  return text;
};

/**
 * Keeps this process' streams: counted, capped, kept alive by comments, cut when the reader does not keep up (a reader that
 * reconnects starts from the present state, so nothing is lost by it), and ended together.
 */
export const createSseHub = (options: SseHubOptions): SseHub => {
  const streams = new Set<ServerResponse>();
  const adopted = new Set<ServerResponse>();
  let cancelHeartbeat: (() => void) | null = null;
  let shut = false;

  const write = (response: ServerResponse, text: string): void => {
    if (response.writableEnded || response.destroyed) return;
    response.write(text);
    if (response.writableLength > options.bufferBytes) response.destroy();
  };
  const beat = (): void => {
    cancelHeartbeat = null;
    for (const response of streams) if (!adopted.has(response)) write(response, ': alive\n\n');
    if (streams.size > 0) cancelHeartbeat = options.clock.after(options.heartbeatMs, beat);
  };
  const removed = (response: ServerResponse): void => {
    if (!streams.delete(response)) return;
    adopted.delete(response);
    if (streams.size === 0) {
      cancelHeartbeat?.();
      cancelHeartbeat = null;
    }
    options.onSize(streams.size);
  };

  /** False: the reader left while its request was looked at. Its `close` has been, so that nobody would ever take it out again. */
  const take = (response: ServerResponse): boolean => {
    if (response.destroyed) return false;
    if (shut) throw new RefusalError(refuse('unavailable', { detail: 'This node is about to stop.' }));
    if (streams.size >= options.maxStreams) {
      throw new RefusalError(refuse('overloaded', { detail: 'Too many open streams; poll instead.' }));
    }
    streams.add(response);
    options.onSize(streams.size);
    return true;
  };

  return {
    adopt(response) {
      if (!take(response)) return;
      // Its heartbeats come from where its events come from: ours could fall into the middle of one.
      adopted.add(response);
      response.once('close', () => removed(response));
    },
    open(response, subscribe) {
      if (!take(response)) return;
      cancelHeartbeat ??= options.clock.after(options.heartbeatMs, beat);
      let unsubscribe: (() => void) | null = null;
      let closed = false;
      response.on('error', () => undefined);
      response.once('close', () => {
        closed = true;
        removed(response);
        unsubscribe?.();
      });
      response.writeHead(200, HEADERS);
      response.write('retry: 2000\n\n');
      try {
        unsubscribe = subscribe({
          send: (data) => write(response, encode(data)),
          end: () => response.end(),
        });
      } catch (error) {
        options.onFault(error);
        response.destroy();
      }
      if (closed) unsubscribe?.();
    },
    size: () => streams.size,
    close() {
      shut = true;
      for (const response of streams) response.end();
    },
  };
};
