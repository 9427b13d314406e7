import { Agent, request, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Step, Tally } from './tally.ts';

/** `unknown`: no answer, or one that says so: it may or may not have happened. */
export type Answer =
  | { readonly kind: 'ok'; readonly status: number; readonly body: unknown }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      readonly retryAfterMs: number | null;
      /** The seats that stood in the way, where the answer names them. */
      readonly seatIds?: readonly string[];
    }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Ask {
  readonly step: Step;
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PATCH';
  /** A path of the server, or a whole URL. */
  readonly to: string;
  readonly token?: string | undefined;
  /** Sent as Idempotency-Key. */
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
  readonly timeoutMs?: number | undefined;
  /** By `performance.now()`: when it was meant to be sent, if that was before now. */
  readonly sinceMs?: number | undefined;
}

export interface Client {
  /** One request; never rejects. */
  ask(what: Ask): Promise<Answer>;
  /** Frames of a server-sent stream until `stop` is called or the stream ends, which `onEnd` hears once. */
  stream(path: string, onData: (data: unknown) => void, onEnd: () => void): { stop(): void };
  close(): void;
}

export interface ClientOptions {
  readonly url: string;
  readonly tally: Tally;
  /** Per origin. A request beyond them waits, and its wait counts. */
  readonly sockets: number;
  readonly timeoutMs: number;
}

/** Larger than any answer we ask for. */
const BODY_MAX_BYTES = 16 * 1024 * 1024;

const textOf = (response: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    response.on('data', (part: Buffer) => {
      size += part.length;
      if (size > BODY_MAX_BYTES) response.destroy(new Error('the answer is too large'));
      else parts.push(part);
    });
    response.once('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    response.once('error', reject);
    response.once('aborted', () => reject(new Error('the answer broke off')));
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
};

interface ProblemLike {
  readonly code?: unknown;
  readonly retryAfterMs?: unknown;
  readonly seatIds?: unknown;
  readonly error?: { readonly code?: unknown };
}

/** Codes with which the server itself says that it does not know. */
const SAYS_UNKNOWN = new Set(['outcome_unknown', 'internal']);

const answerOf = (status: number, headers: IncomingMessage['headers'], text: string): Answer => {
  const body = text === '' ? null : parsed(text);
  if (status >= 200 && status < 300) return { kind: 'ok', status, body };
  const problem = (typeof body === 'object' && body !== null ? body : {}) as ProblemLike;
  const given = problem.code ?? problem.error?.code;
  const code = typeof given === 'string' ? given : `http_${status}`;
  // A 5xx without a code of ours came from something in between: nobody knows what happened behind it.
  if (SAYS_UNKNOWN.has(code) || (status >= 500 && typeof given !== 'string'))
    return { kind: 'unknown', reason: code };
  const header = Number(headers['retry-after']);
  const fromHeader = Number.isFinite(header) && header > 0 ? header * 1_000 : null;
  const retryAfterMs = typeof problem.retryAfterMs === 'number' ? problem.retryAfterMs : fromHeader;
  const { seatIds } = problem;
  const refused = { kind: 'refused', status, code, retryAfterMs } as const;
  return Array.isArray(seatIds) ? { ...refused, seatIds: seatIds.map(String) } : refused;
};

const reasonOf = (error: unknown): string => {
  const known = error as { readonly code?: unknown; readonly message?: unknown };
  return typeof known.code === 'string' ? known.code : String(known.message ?? error);
};

/** Keep-alive, bounded sockets, every wait bounded. */
export const createClient = (options: ClientOptions): Client => {
  const settings = { keepAlive: true, maxSockets: options.sockets, scheduling: 'fifo' } as const;
  const plain = new Agent(settings);
  const tls = new TlsAgent(settings);
  const streaming = new Agent({ keepAlive: false });
  const streamingTls = new TlsAgent({ keepAlive: false });

  const send = (what: Ask): Promise<Answer> =>
    new Promise((resolve) => {
      const url = new URL(what.to, options.url);
      const body = what.body === undefined ? null : Buffer.from(JSON.stringify(what.body));
      const secure = url.protocol === 'https:';
      const sent = (secure ? tlsRequest : request)(url, {
        method: what.method,
        agent: secure ? tls : plain,
        headers: {
          ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
          ...(what.token === undefined ? {} : { authorization: `Bearer ${what.token}` }),
          ...(what.key === undefined ? {} : { 'idempotency-key': what.key }),
          ...what.headers,
        },
      });
      const timer = setTimeout(
        () => sent.destroy(Object.assign(new Error('no answer in time'), { code: 'timeout' })),
        what.timeoutMs ?? options.timeoutMs,
      );
      const finish = (answer: Answer): void => {
        clearTimeout(timer);
        resolve(answer);
      };
      // Also after the answer: a socket that breaks later must not bring the process down.
      sent.on('error', (error) => finish({ kind: 'unknown', reason: reasonOf(error) }));
      sent.once('response', (response) => {
        textOf(response).then(
          (text) => finish(answerOf(response.statusCode ?? 0, response.headers, text)),
          (error: unknown) => finish({ kind: 'unknown', reason: reasonOf(error) }),
        );
      });
      sent.end(body ?? undefined);
    });

  return {
    async ask(what) {
      const sinceMs = what.sinceMs ?? performance.now();
      const answer = await send(what);
      options.tally.took(what.step, performance.now() - sinceMs);
      if (answer.kind === 'refused') options.tally.refused(answer.code);
      if (answer.kind === 'unknown') options.tally.unknown(answer.reason);
      return answer;
    },
    stream(path, onData, onEnd) {
      const url = new URL(path, options.url);
      const secure = url.protocol === 'https:';
      const sent = (secure ? tlsRequest : request)(url, {
        agent: secure ? streamingTls : streaming,
        headers: { accept: 'text/event-stream' },
      });
      let ended = false;
      const end = (): void => {
        if (ended) return;
        ended = true;
        onEnd();
      };
      sent.on('error', end);
      sent.once('response', (response) => {
        response.on('error', end);
        response.once('close', end);
        if (response.statusCode !== 200) {
          sent.destroy();
          return;
        }
        response.setEncoding('utf8');
        let rest = '';
        response.on('data', (part: string) => {
          const blocks = (rest + part).split('\n\n');
          rest = blocks.pop() ?? '';
          for (const block of blocks) {
            const data = block.split('\n').find((line) => line.startsWith('data: '));
            if (data !== undefined) onData(parsed(data.slice(6)));
          }
        });
      });
      sent.end();
      return {
        stop() {
          ended = true;
          sent.destroy();
        },
      };
    },
    close() {
      for (const agent of [plain, tls, streaming, streamingTls]) agent.destroy();
    },
  };
};
