import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import type { Answer, BytesAnswer } from '../answer.ts';
import { StoredBody } from './idempotency.ts';
import { stateOf } from './state.ts';

/** Browsers and the edge cache ask again after a second: a rush of readers becomes one request a second and node. */
const SHARED = 'public, max-age=1, s-maxage=1';

const JSON_TYPE = 'application/json; charset=utf-8';

interface Rendered {
  readonly text: string;
  readonly etag: string;
}

/** A frame or a seat map is read by thousands between two changes: rendered once per object, as long as the object lives. */
const rendered = new WeakMap<object, Rendered>();

const renderShared = (body: object): Rendered => {
  const known = rendered.get(body);
  if (known !== undefined) return known;
  const text = JSON.stringify(body);
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  const fresh = { text, etag };
  rendered.set(body, fresh);
  return fresh;
};

/**
 * Whether the client has this very state. Not Koa's `fresh`: that one gives up at `Cache-Control: no-cache`, which fetch()
 * adds to every request with a condition of its own, and which is an order to caches, not to us.
 */
const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  ifNoneMatch.split(',').some((one) => {
    const tag = one.trim();
    return tag === '*' || tag.replace(/^W\//, '') === etag;
  });

const respondBytes = (ctx: Context, { contentType, headers, body, encodings, etag }: BytesAnswer): void => {
  ctx.set('Cache-Control', 'no-store');
  ctx.set({ 'Content-Type': contentType, ...headers });
  if (etag !== undefined) ctx.set('ETag', etag);
  if (encodings !== undefined) ctx.set('Vary', 'Accept-Encoding');
  if (etag !== undefined && isKnown(ctx.req.headers['if-none-match'], etag)) {
    ctx.status = 304;
    ctx.body = null;
    return;
  }
  ctx.status = 200;
  ctx.body = body;
  // Browsers list gzip first and like both: asked for both at once, the list's order would decide, not the size.
  for (const encoding of ['br', 'gzip'] as const) {
    const encoded = encodings?.[encoding];
    if (encoded === undefined || ctx.acceptsEncodings(encoding) !== encoding) continue;
    ctx.set('Content-Encoding', encoding);
    ctx.body = encoded;
    return;
  }
};

/** Has an answer sent that is not a stream. */
export const respond = (ctx: Context, answer: Exclude<Answer, { kind: 'stream' }>, shared: boolean): void => {
  if (answer.kind === 'empty') {
    ctx.set('Cache-Control', 'no-store');
    ctx.status = 204;
    return;
  }
  if (answer.kind === 'redirect') {
    ctx.set('Cache-Control', 'no-store');
    if (answer.headers !== undefined) ctx.set(answer.headers);
    ctx.redirect(answer.location);
    ctx.status = 303;
    ctx.body = null;
    // Koa turns an empty body into 204.
    ctx.status = 303;
    return;
  }
  if (answer.kind === 'bytes') {
    respondBytes(ctx, answer);
    return;
  }
  const state = stateOf(ctx);
  state.note = answer.note;
  if (!shared) {
    state.answer = {
      status: answer.status,
      contentType: JSON_TYPE,
      text: answer.body instanceof StoredBody ? answer.body.text : JSON.stringify(answer.body),
      headers: answer.headers === undefined ? [] : Object.entries(answer.headers).flat(),
    };
    return;
  }
  ctx.status = answer.status;
  ctx.set('Content-Type', JSON_TYPE);
  if (answer.headers !== undefined) ctx.set(answer.headers);
  const { text, etag } = renderShared(answer.body);
  ctx.set('Cache-Control', SHARED);
  ctx.set('ETag', etag);
  if (isKnown(ctx.req.headers['if-none-match'], etag)) {
    ctx.status = 304;
    ctx.body = null;
  } else ctx.body = text;
};
