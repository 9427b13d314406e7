import { errors, Pool, type Dispatcher } from 'undici';
import type { Clock } from '../../domain/ports/environment.ts';
import type { Answered, Upstream } from '../../domain/ports/upstream.ts';
import { PartAway, RefusalError, refuse } from '../../domain/refusal.ts';
import type { Logger } from '../log.ts';
import { createReach } from '../reach.ts';

/** The next machine of a data centre answers in a millisecond; who takes longer is away. */
const CONNECT_MS = 1_000;
/** Longer than the slowest honest answer: an order that opens its checkout at a slow gateway takes up to 7.5 s. */
const ANSWER_MS = 10_000;
/** Streams say something every 15 s; three times nothing is a broken connection. */
const SILENCE_MS = 45_000;
/** Below the 65 s after which our servers close an idle connection. */
const IDLE_MS = 30_000;
/** Of a look whether it is there. */
const PROBE_MS = 500;

export interface UpstreamOptions {
  /** For people: in logs, on the health page and in refusals. */
  readonly name: string;
  /** Its origin; a path in front is kept. */
  readonly url: string;
  /** Requests under way at once, at most; more wait for a connection. Streams are not counted. */
  readonly connections: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface OpenUpstream extends Upstream {
  readonly url: string;
  close(): Promise<void>;
}

/** Failed before a byte was sent: it is certain that nothing was done. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const codeOf = (error: unknown): string =>
  (error as { code?: string } | null)?.code ??
  (error as { cause?: { code?: string } } | null)?.cause?.code ??
  '';

/**
 * Another process of ours by its URL, over connections that are kept. Its state is known before it is needed (`up`), so a
 * service that went silent costs each request nothing but the first second. Nothing is sent twice: the fan repeats, with
 * the same key.
 */
export const createUpstream = (options: UpstreamOptions): OpenUpstream => {
  const { name, clock, log } = options;
  const { origin, pathname } = new URL(options.url);
  const prefix = pathname.replace(/\/+$/, '');
  const common = {
    connect: { timeout: CONNECT_MS },
    headersTimeout: ANSWER_MS,
    bodyTimeout: SILENCE_MS,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    pipelining: 1,
  };
  const calls = new Pool(origin, { ...common, connections: options.connections });
  // A stream keeps its connection for as long as it lasts: apart, or readers would stand in the way of buyers.
  const streams = new Pool(origin, { ...common, connections: null });

  const probe = async (): Promise<void> => {
    const answer = await calls.request({
      path: `${prefix}/livez`,
      method: 'GET',
      headersTimeout: PROBE_MS,
      bodyTimeout: PROBE_MS,
    });
    await answer.body.dump();
    if (answer.statusCode >= 500) throw new Error(`it answered ${answer.statusCode}`);
  };
  const reach = createReach({ name, probe, clock, log });
  const away = () =>
    new RefusalError(
      refuse('unavailable', { detail: `The ${name} service is away. Nothing was done; try again.` }),
    );

  return {
    name,
    url: options.url,
    up: () => reach.up(),
    async send(request): Promise<Answered> {
      if (!reach.up()) throw away();
      let answer: Dispatcher.ResponseData;
      try {
        answer = await (request.stream ? streams : calls).request({
          path: `${prefix}${request.target}`,
          method: request.method,
          headers: { ...request.headers },
          body: request.body,
        });
      } catch (error) {
        if (NOT_SENT.has(codeOf(error))) throw away();
        if (error instanceof errors.InvalidArgumentError) throw error;
        throw new PartAway(`the ${name} service gave no answer`, { cause: error });
      }
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    },
    async close() {
      reach.stop();
      await Promise.all([calls.destroy(), streams.destroy()]);
    },
  };
};
