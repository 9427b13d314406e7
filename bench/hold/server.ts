import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import { Redis } from 'ioredis';
import Koa from 'koa';
import { Client } from 'pg';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/infra/log.ts';

/**
 * The process under test: the whole application, started as `catraca serve` starts it, and next to it the bare route that
 * it is compared with. It is driven over IPC; each reading tells what this process has used so far.
 */
export interface Reading {
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** Of all kinds: holds, reads of sections, the waiting room, housekeeping. */
  readonly statements: number;
  readonly redisCommands: number;
}

export interface Ready {
  readonly port: number;
  readonly barePort: number;
}

let statements = 0;
let redisCommands = 0;

/** Counted where every part of the application must pass, so that nothing can be forgotten. */
const countTraffic = (): void => {
  // oxlint-disable-next-line typescript/unbound-method -- called with its `this` below
  const { query } = Client.prototype;
  Client.prototype.query = function counted(this: Client, ...args: unknown[]) {
    statements += 1;
    return Reflect.apply(query, this, args) as never;
  };
  // oxlint-disable-next-line typescript/unbound-method -- called with its `this` below
  const { sendCommand } = Redis.prototype;
  Redis.prototype.sendCommand = function counted(this: Redis, ...args: Parameters<typeof sendCommand>) {
    redisCommands += 1;
    return Reflect.apply(sendCommand, this, args);
  };
};

/** What anybody would write first: a router, a body parser, an answer of the same form. Nothing is checked, nothing kept. */
const startBareRoute = async (): Promise<number> => {
  const router = new Router();
  router.post('/v1/events/:eventId/holds', (ctx) => {
    const { sectionId, seatIds } = ctx.request.body as { sectionId: string; seatIds: string[] };
    ctx.status = 201;
    ctx.body = {
      holdId: '01980000-0000-7000-8000-000000000000',
      eventId: (ctx as unknown as { params: { eventId: string } }).params.eventId,
      sectionId,
      seats: seatIds,
      amountMinor: 10_000,
      currency: 'BRL',
      expiresAt: new Date().toISOString(),
      extended: false,
      state: 'active',
    };
  });
  const frame = {
    eventId: '',
    phase: 'open',
    serving: 1,
    joined: 1_000_000,
    ratePerMinute: 60_000,
    reason: 'rate',
  };
  router.get(['/v1/events/:eventId/line', '/v1/events/:eventId/line/me'], (ctx) => {
    ctx.body = { ...frame, asOf: new Date().toISOString() };
  });
  router.post('/v1/events/:eventId/line', (ctx) => {
    ctx.status = 201;
    ctx.body = {
      place: 'p'.repeat(230),
      number: 1,
      recoveryCode: '0001-AAAA-AAAA-AAAA',
      receipt: null,
      frame,
    };
  });
  const app = new Koa();
  app.use(bodyParser());
  app.use(router.routes());
  const handle = app.callback();
  const server = createServer({ noDelay: true }, (request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

const reading = (): Reading => {
  const { user, system } = process.cpuUsage();
  const rssBytes = process.memoryUsage.rss();
  return { cpuMs: (user + system) / 1_000, rssBytes, statements, redisCommands };
};

countTraffic();
const config = readConfig(process.env, ['gateway', 'tickets', 'payments']);
const app = await startApp({
  config,
  log: createLog({ level: config.LOG_LEVEL }),
  demo: false,
  onFatal(reason) {
    console.error(`the server gave up: ${reason}`);
    process.exit(1);
  },
});
const ready: Ready = { port: Number(new URL(app.url ?? '').port), barePort: await startBareRoute() };
process.on('message', () => process.send?.(reading()));
process.on('disconnect', () => {
  // An exit of its own accord, not a signal: a CPU profile is only written then.
  void app.stop().finally(() => process.exit(0));
});
process.send?.(ready);
