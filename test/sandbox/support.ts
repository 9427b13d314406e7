import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { Stripe } from 'stripe';
import { systemClock, systemIds } from '../../src/infra/environment.ts';
import { silentLog } from '../../src/infra/log.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/server.ts';

export const SECRET_KEY = 'sk_test_of_the_tests';
export const WEBHOOK_SECRET = 'whsec_of_the_tests';

/** A seeded source (mulberry32), so that a failing run can be run again. */
export const seededRandom = (seed: number) => {
  let state = seed;
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
};

export const sandboxOptions = (overrides: Partial<SandboxOptions> = {}): SandboxOptions => ({
  port: 0,
  host: '127.0.0.1',
  secretKey: SECRET_KEY,
  webhookSecret: WEBHOOK_SECRET,
  webhookUrl: null,
  dataDir: null,
  clock: systemClock,
  ids: systemIds,
  random: seededRandom(7),
  log: silentLog,
  ...overrides,
});

export const sdk = (url: string, secretKey = SECRET_KEY): Stripe =>
  new Stripe(secretKey, {
    host: '127.0.0.1',
    port: Number(new URL(url).port),
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: 20_000,
  });

export interface TestSandbox {
  readonly sandbox: Sandbox;
  readonly url: string;
  readonly stripe: Stripe;
  readonly fault: (...rules: readonly object[]) => Promise<void>;
  readonly clearFaults: () => Promise<void>;
  readonly pay: (intentId: string, body: object) => Promise<{ status: number; body: PayAnswer }>;
}

export interface PayAnswer {
  readonly status?: string;
  readonly client_secret?: string | null;
  readonly error?: {
    readonly type: string;
    readonly code: string;
    readonly decline_code?: string;
    readonly payment_intent?: { readonly status: string };
  };
}

export const postJson = async (url: string, body: unknown): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

export const testSandbox = async (
  t: ExecutionContext,
  overrides: Partial<SandboxOptions> = {},
): Promise<TestSandbox> => {
  const sandbox = await startSandbox(sandboxOptions(overrides));
  t.teardown(() => sandbox.stop());
  return {
    sandbox,
    url: sandbox.url,
    stripe: sdk(sandbox.url),
    async fault(...rules) {
      const answer = await postJson(`${sandbox.url}/sandbox/faults`, rules);
      if (answer.status !== 201) throw new Error(await answer.text());
    },
    async clearFaults() {
      await fetch(`${sandbox.url}/sandbox/faults`, { method: 'DELETE' });
    },
    async pay(intentId, body) {
      const answer = await postJson(`${sandbox.url}/pay/${intentId}/pay`, body);
      return { status: answer.status, body: (await answer.json()) as PayAnswer };
    },
  };
};

export interface Received {
  readonly id: string;
  readonly type: string;
  readonly raw: string;
  readonly signature: string;
  readonly intentId: string;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly got: Received[];
  /** The status of the next answers; 200 once these are used up. */
  readonly answers: number[];
  close(): Promise<void>;
}

/** The other end of the webhooks. */
export const startReceiver = async (t: ExecutionContext, port = 0): Promise<Receiver> => {
  const got: Received[] = [];
  const answers: number[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8');
      const event = JSON.parse(raw) as {
        id: string;
        type: string;
        data: { object: { id: string; payment_intent?: string } };
      };
      const { id, payment_intent } = event.data.object;
      got.push({
        id: event.id,
        type: event.type,
        raw,
        signature: String(request.headers['stripe-signature']),
        intentId: payment_intent ?? id,
      });
      response.statusCode = answers.shift() ?? 200;
      response.end();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  t.teardown(close);
  const bound = (server.address() as AddressInfo).port;
  return { url: `http://127.0.0.1:${bound}/hook`, port: bound, got, answers, close };
};

/** Stripe's signature, computed here a second time and independently of the sandbox. */
export const signed = (raw: string, secret: string, timestamp: number): string =>
  `t=${timestamp},v1=${createHmac('sha256', secret).update(`${timestamp}.${raw}`).digest('hex')}`;

export const ORDER = {
  amount: 25_000,
  currency: 'brl',
  capture_method: 'manual',
  description: 'Noite de Abertura',
  metadata: { attemptId: 'a-1', orderId: 'o-1', eventId: 'e-1' },
} as const;
