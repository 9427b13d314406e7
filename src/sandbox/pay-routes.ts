import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { ApiError } from './errors.ts';
import { parseForm } from './form.ts';
import type { IntentRecord } from './intent.ts';
import type { Ledger } from './ledger.ts';
import { intentObject } from './objects.ts';
import type { Operations } from './operations.ts';
import { messagePage, payPage } from './pages.ts';
import { PAGE_POLICY } from './page-style.ts';
import { readParams } from './params.ts';
import type { Pipeline } from './pipeline.ts';

export interface PayRoutesOptions {
  readonly router: Router;
  readonly pipeline: Pipeline;
  readonly operations: Operations;
  readonly ledger: Ledger;
  readonly origin: () => string;
}

const payParams = z
  .strictObject({
    card: z.string().min(1).max(40).optional(),
    authenticate: z.enum(['approve', 'deny']).optional(),
    return_url: z.string().max(2_000).optional(),
  })
  .refine((given) => given.card !== undefined || given.authenticate !== undefined, {
    path: ['card'],
  });

/** A link may lead back only to a web page: anything else (`javascript:`, `data:`) is dropped. */
const webAddress = (text: string | undefined): string | null => {
  if (text === undefined || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
};

const page = (ctx: Context, status: number, body: string): void => {
  ctx.status = status;
  ctx.type = 'text/html; charset=utf-8';
  ctx.set('Content-Security-Policy', PAGE_POLICY);
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.body = body;
};

const notFoundPage = (ctx: Context): void =>
  page(
    ctx,
    404,
    messagePage('No such payment', 'This address belongs to no payment. It may have been mistyped.'),
  );

const payByProgram = async (ctx: Context, id: string, options: PayRoutesOptions): Promise<void> => {
  const given = readParams(payParams, ctx.request.body);
  const outcome = await options.pipeline.pay(ctx, (caller) =>
    options.operations.pay(
      id,
      { card: given.card ?? null, authenticate: given.authenticate ?? null },
      caller,
    ),
  );
  if (outcome === null) return;
  ctx.status = outcome.status;
  // The client secret is the shop's and stays out of what anybody with the page's address can read.
  const intent = outcome.change?.intent;
  ctx.body =
    outcome.error ??
    (intent === null || intent === undefined
      ? {}
      : { ...intentObject(intent, options.origin()), client_secret: null });
};

/** Post, redirect, get: what happened stands in the intent, so reloading the result pays nothing twice. */
const payByForm = async (ctx: Context, id: string, options: PayRoutesOptions): Promise<void> => {
  if (options.ledger.intents.get(id) === undefined) return notFoundPage(ctx);
  const given = readParams(payParams, parseForm((ctx.request.rawBody as string | undefined) ?? ''));
  const outcome = await options.pipeline.pay(ctx, (caller) =>
    options.operations.pay(
      id,
      { card: given.card ?? null, authenticate: given.authenticate ?? null },
      caller,
    ),
  );
  if (outcome === null) return;
  const back = webAddress(given.return_url);
  ctx.status = 303;
  ctx.redirect(`/pay/${id}${back === null ? '' : `?return_url=${encodeURIComponent(back)}`}`);
};

const guarded = async (ctx: Context, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    page(ctx, error.status, messagePage('That did not work', error.message));
  }
};

/** The hosted payment page, for people (a form) and for programs (JSON), at the same address. */
export const mountPay = (options: PayRoutesOptions): void => {
  const { router, ledger } = options;
  router.get('/pay/:id', (ctx) => {
    const record: IntentRecord | undefined = ledger.intents.get(ctx.params['id'] ?? '');
    if (record === undefined) return notFoundPage(ctx);
    const returnUrl = webAddress(new URLSearchParams(ctx.querystring).get('return_url') ?? undefined);
    return page(ctx, 200, payPage(record, returnUrl));
  });
  router.post('/pay/:id/pay', (ctx) => {
    const id = ctx.params['id'] ?? '';
    const isForm = ctx.is('application/x-www-form-urlencoded') !== false;
    return isForm ? guarded(ctx, () => payByForm(ctx, id, options)) : payByProgram(ctx, id, options);
  });
};
