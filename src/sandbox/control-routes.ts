import { Readable } from 'node:stream';
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { ApiError, invalidRequest } from './errors.ts';
import { faultRules, type Faults } from './faults.ts';
import type { Ledger } from './ledger.ts';
import { intentObject, refundObject } from './objects.ts';
import { readParams } from './params.ts';
import type { WebhookSender } from './webhook-sender.ts';

export interface ControlRoutesOptions {
  readonly router: Router;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly sender: WebhookSender;
  readonly origin: () => string;
}

const redeliverParams = z.strictObject({
  events: z.array(z.string().max(80)).max(10_000).optional(),
  all: z.boolean().default(false),
});

/** Only a body that says it is JSON: a foreign page's form cannot send that without asking first. */
const jsonBody = (ctx: Context): unknown => {
  if (ctx.is('application/json') === false) {
    throw new ApiError(415, 'invalid_request_error', { message: 'Send application/json.' });
  }
  return ctx.request.body;
};

/** Piece by piece: tens of thousands of objects in one string would stop the process for too long. */
function* ledgerText(ledger: Ledger, origin: string): Generator<string> {
  function* list(items: Iterable<unknown>): Generator<string> {
    let between = '';
    for (const item of items) {
      yield between + JSON.stringify(item);
      between = ',\n';
    }
  }
  function* rendered<T>(items: Iterable<T>, render: (item: T) => unknown): Generator {
    for (const item of items) yield render(item);
  }
  yield '{"intents":[';
  yield* list(rendered(ledger.intents.values(), (item) => intentObject(item, origin, true)));
  yield '],\n"refunds":[';
  yield* list(rendered(ledger.refunds.values(), refundObject));
  yield '],\n"events":[';
  yield* list(
    rendered(ledger.events.values(), (event) => ({
      id: event.id,
      type: event.type,
      created: Math.floor(event.createdMs / 1_000),
      payment_intent: event.intent.id,
      status: event.intent.status,
      delivery: ledger.delivery(event.id),
    })),
  );
  yield ']}\n';
}

const mountFaults = ({ router, faults }: ControlRoutesOptions): void => {
  const show = (ctx: Context): void => {
    ctx.body = { faults: faults.active().map(({ rule, struck }) => ({ ...rule, struck })) };
  };
  router.get('/sandbox/faults', show);
  router.post('/sandbox/faults', (ctx) => {
    const rules = readParams(faultRules, jsonBody(ctx));
    if (!faults.add(rules)) throw invalidRequest('There are too many fault rules. Clear them first.');
    show(ctx);
    ctx.status = 201;
  });
  router.delete('/sandbox/faults', (ctx) => {
    faults.clear();
    show(ctx);
  });
};

/** What an auditor and a tester need and no real gateway offers: the whole ledger, faults, redelivery. */
export const mountControl = (options: ControlRoutesOptions): void => {
  const { router, ledger, sender } = options;
  mountFaults(options);
  router.get('/sandbox/ledger', (ctx) => {
    ctx.type = 'application/json';
    ctx.body = Readable.from(ledgerText(ledger, options.origin()));
  });
  router.post('/sandbox/webhooks/redeliver', (ctx) => {
    const { events, all } = readParams(redeliverParams, jsonBody(ctx));
    const undelivered = (id: string): boolean => all || ledger.delivery(id) !== 'delivered';
    const wanted = events ?? [...ledger.events.values()].map((event) => event.id).filter(undelivered);
    const known = wanted.filter((id) => ledger.events.get(id) !== undefined);
    ctx.status = 202;
    ctx.body = { queued: known.filter((id) => sender.send(id)).length };
  });
  router.get('/livez', (ctx) => {
    ctx.body = { status: 'ok' };
  });
};
