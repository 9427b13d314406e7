import { fakeAccess } from './fake-access.ts';
import { fakeJoinDoor } from './fake-join-door.ts';
import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { Caller } from '../../src/domain/ports/services.ts';
import { REFUSALS, type RefusalCode } from '../../src/domain/refusal.ts';
import type { Edge, EdgeOptions } from '../../src/http/edge.ts';
import { DEFAULT_OPTIONS } from '../../src/http/edge.ts';
import { refusalsOf } from '../../src/http/openapi.ts';
import { STATUS_OF } from '../../src/http/problem.ts';
import type { Route } from '../../src/http/route.ts';
import { createRoutes } from '../../src/http/routes.ts';
import { problemSchema } from '../../src/http/schemas.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { createBearerTokens } from '../../src/infra/jose/bearer-tokens.ts';
import { createTicketCodes } from '../../src/infra/jose/ticket-codes.ts';
import { createTicketPrinter } from '../../src/infra/pdfkit/ticket-printer.ts';
import { createMetrics } from '../../src/infra/metrics.ts';
import { fakeIdempotency, fakeOperators } from './fake-operators.ts';
import { fakeLine, fakePasses, fakeSale, NOW_MS } from './fakes.ts';

const SECRET = 'a secret for the tests that is long enough';

/** Real timers, a clock that stands still. */
const clock: Edge['clock'] = {
  nowMs: () => NOW_MS,
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface Ask {
  readonly token?: string;
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests name the members they look at; the schemas have checked them.
  readonly body: Record<string, never> & { readonly code?: RefusalCode };
}

export interface Bench {
  readonly url: string;
  readonly server: HttpServer;
  readonly sale: ReturnType<typeof fakeSale>;
  readonly line: ReturnType<typeof fakeLine>;
  readonly operators: ReturnType<typeof fakeOperators>;
  readonly idempotency: ReturnType<typeof fakeIdempotency>;
  readonly routes: readonly Route[];
  readonly logged: {
    readonly level: string;
    readonly fields: Readonly<Record<string, unknown>>;
    readonly message: string;
  }[];
  readonly fan: { readonly id: string; readonly token: string };
  readonly stranger: { readonly id: string; readonly token: string };
  readonly operator: string;
  readonly viewer: string;
  /** Asks, and checks the answer against the route's schemas. */
  ask(method: string, path: string, ask?: Ask): Promise<Reply>;
}

const patternOf = (route: Route): RegExp =>
  new RegExp(`^${route.path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+?').replace(/\*\w+/g, '.+')}$`);

/** Every answer that a test sees must be one that the route's definition describes. */
const assertDescribed = (routes: readonly Route[], method: string, path: string, reply: Reply): void => {
  const bare = path.split('?')[0] ?? '';
  const route = routes.find((one) => one.method === method.toLowerCase() && patternOf(one).test(bare));
  const own = route?.responses[reply.status];
  if (own !== undefined) {
    own.schema?.parse(reply.body);
    return;
  }
  if (reply.status === 304) return;
  const problem = problemSchema.parse(reply.body);
  const type = reply.headers.get('content-type');
  if (type !== 'application/problem+json; charset=utf-8') throw new Error(`a problem came as ${type}`);
  if (problem.status !== reply.status || STATUS_OF[problem.code] !== reply.status) {
    throw new Error(`the problem ${problem.code} came with status ${reply.status}`);
  }
  if (route !== undefined && !refusalsOf(route).includes(problem.code)) {
    throw new Error(`${method} ${route.path} does not say that it may refuse with ${problem.code}`);
  }
};

const bodyOf = (ask: Ask): { body?: string | Uint8Array<ArrayBuffer>; type?: string } => {
  if (ask.body === undefined) return {};
  if (typeof ask.body === 'string' || ask.body instanceof Uint8Array) {
    return { body: ask.body as string | Uint8Array<ArrayBuffer>, type: 'application/json' };
  }
  return { body: JSON.stringify(ask.body), type: 'application/json' };
};

/** Starts a server over fakes for one test; `replace` puts other parts in. */
export const withServer = async (
  t: ExecutionContext,
  replace: (bench: {
    readonly sale: ReturnType<typeof fakeSale>;
    readonly line: ReturnType<typeof fakeLine>;
    readonly operators: ReturnType<typeof fakeOperators>;
  }) => Partial<Omit<Edge, 'options'>> & { readonly options?: Partial<EdgeOptions> } = () => ({}),
): Promise<Bench> => {
  const sale = fakeSale();
  const line = fakeLine();
  const operators = fakeOperators();
  const idempotency = fakeIdempotency();
  const tokens = createBearerTokens({ secret: SECRET, clock });
  const logged: Bench['logged'] = [];
  const record = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields: { ...fields }, message });
  const parts = {
    tickets: sale.service,
    payments: sale.payments,
    waitingRoom: line.service,
    operators: operators.service,
    joinDoor: fakeJoinDoor(),
    access: fakeAccess(),
    health: {
      parts: async () => [{ name: 'postgres', where: 'embedded', state: 'up' as const, vital: true }],
    },
    tokens,
    passes: fakePasses,
    ticketCodes: createTicketCodes(SECRET),
    ticketPrinter: createTicketPrinter(),
    idempotency: idempotency.store,
    clock,
    ids: systemIds,
    log: {
      isLevelEnabled: () => true,
      debug: record('debug'),
      info: record('info'),
      warn: record('warn'),
      error: record('error'),
    },
    metrics: createMetrics(),
    options: {},
    ...replace({ sale, line, operators }),
  };
  const server = createHttpServer(parts);
  const { url } = await server.listen(0, '127.0.0.1');
  t.teardown(() => server.stop(0));
  const routes = createRoutes({
    ...parts,
    options: { ...DEFAULT_OPTIONS, ...parts.options },
    draining: () => false,
  });
  const someone = async (role: Caller['role']) => {
    const id = randomUUID();
    return { id, token: await tokens.issue({ id, role }, 3_600_000) };
  };
  return {
    url,
    server,
    sale,
    line,
    operators,
    idempotency,
    routes,
    logged,
    fan: await someone('fan'),
    stranger: await someone('fan'),
    operator: (await someone('operator')).token,
    viewer: (await someone('viewer')).token,
    async ask(method, path, ask = {}) {
      const { body, type } = bodyOf(ask);
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(type === undefined ? {} : { 'content-type': type }),
          ...(ask.token === undefined ? {} : { authorization: `Bearer ${ask.token}` }),
          ...(ask.key === undefined ? {} : { 'idempotency-key': ask.key }),
          ...ask.headers,
        },
        ...(body === undefined ? {} : { body }),
        redirect: 'manual',
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      const reply: Reply = {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson && text !== '' ? (JSON.parse(text) as Reply['body']) : {},
      };
      assertDescribed(routes, method, path, reply);
      return reply;
    },
  };
};

/** Asserts a refusal by its code; the harness has checked the rest of the document. */
export const refused = (t: ExecutionContext, reply: Reply, code: RefusalCode): void => {
  t.is(reply.body.code, code, reply.text);
  t.is(reply.status, STATUS_OF[code]);
  t.is(reply.headers.get('cache-control'), 'no-store');
  t.true(code in REFUSALS);
};
