import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Edge, EdgeOptions } from './edge.ts';
import { DEFAULT_OPTIONS } from './edge.ts';
import { createApp } from './app.ts';
import { createShedding } from './middleware/shed.ts';
import { mountedRoutes } from './routes.ts';
import { createSseHub } from './sse.ts';

/** A client has so long to send its request; Node's own five minutes would let slow senders fill every socket. */
const REQUEST_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 5_000;
/** Longer than the idle time of proxies in front (60 s is common), or they would send into a socket we just closed. */
const KEEP_ALIVE_MS = 65_000;
/** Spreads long-lived clients over the nodes again, sooner or later. */
const MAX_REQUESTS_A_SOCKET = 10_000;
/** Between two looks for connections that became idle while draining. */
const DRAIN_LOOK_MS = 25;

export type HttpServerParts = Omit<Edge, 'options' | 'draining'> & { readonly options: Partial<EdgeOptions> };

export interface HttpServer {
  /** Port 0: any free one. Rejects if the address cannot be had. */
  listen(port: number, host: string): Promise<{ readonly url: string }>;
  /** Not ready any more, still serving: lets a load balancer look away first. `stop` does it too. */
  drain(): void;
  /**
   * Stops accepting, ends the streams, lets requests in flight finish for at most `drainMs`, then cuts what is left. Resolves
   * when no connection is open. Calling it again waits for the same end.
   */
  stop(drainMs: number): Promise<void>;
}

const BAD_REQUEST = JSON.stringify({
  type: 'urn:catraca:problem:invalid_request',
  title: 'The request does not have the right form.',
  status: 400,
  detail: 'This is not HTTP as this server understands it.',
  code: 'invalid_request',
  instance: '',
});

/** What does not parse as HTTP never reaches Koa. */
const answerGarbage = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(BAD_REQUEST)}\r\nConnection: close\r\n\r\n${BAD_REQUEST}`,
  );
};

const listening = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

const urlOf = ({ address, family, port }: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;

/** The HTTP edge over the services given. Nothing happens before `listen`. */
export const createHttpServer = (parts: HttpServerParts): HttpServer => {
  let draining = false;
  let stopping: Promise<void> | null = null;
  const options = { ...DEFAULT_OPTIONS, ...parts.options };
  const edge: Edge = { ...parts, options, draining: () => draining };
  const streams = createSseHub({
    clock: edge.clock,
    maxStreams: options.maxStreams,
    bufferBytes: options.streamBufferBytes,
    heartbeatMs: options.heartbeatMs,
    onSize: (open) => edge.metrics.httpStreams(open),
    onFault: (error) => edge.log.error({ err: error }, 'a stream broke'),
  });
  const handle = createApp(edge, streams).callback();
  const shedding = createShedding(edge, mountedRoutes(edge));
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
      noDelay: true,
    },
    shedding.guard(handle),
  );
  server.maxRequestsPerSocket = MAX_REQUESTS_A_SOCKET;
  server.maxConnections = options.maxConnections;
  server.on('clientError', answerGarbage);
  server.on('error', (error) => edge.log.error({ err: error }, 'the HTTP server reports an error'));

  const stop = async (drainMs: number): Promise<void> => {
    draining = true;
    shedding.drain();
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    streams.close();
    let cancelLook = (): void => undefined;
    const look = (): void => {
      server.closeIdleConnections();
      cancelLook = edge.clock.after(DRAIN_LOOK_MS, look);
    };
    look();
    const cancelDeadline = edge.clock.after(drainMs, () => server.closeAllConnections());
    await closed;
    shedding.stop();
    cancelLook();
    cancelDeadline();
  };

  return {
    async listen(port, host) {
      await listening(server, port, host);
      shedding.start();
      return { url: urlOf(server.address() as AddressInfo) };
    },
    drain() {
      draining = true;
    },
    stop(drainMs) {
      stopping ??= stop(drainMs);
      return stopping;
    },
  };
};
