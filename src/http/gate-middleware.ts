import type { Context, Middleware } from 'koa';

/** Longer than a look at Postgres, short enough that a shop does not hang with us. */
const PATIENCE_MS = 2_000;

export interface GateMiddlewareOptions {
  /** Where Catraca is, without a trailing slash. */
  readonly url: string;
  readonly eventId: string;
  /** Where whoever has no pass is sent; absent: the waiting room of that event at `url`. */
  readonly roomUrl?: string;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Koa middleware for a shop that is not Catraca: whoever has a live pass goes on, with `ctx.state.fanId`; everybody else is
 * sent to the waiting room. When Catraca gives no word the shop stays closed (503): open, the crowd would be inside at once.
 */
export const requirePass = (options: GateMiddlewareOptions): Middleware => {
  const { url, eventId, roomUrl = `${url}/e/${eventId}`, fetch = globalThis.fetch } = options;
  const question = `${url}/v1/gate?event=${encodeURIComponent(eventId)}`;

  const ask = async (ctx: Context): Promise<Response | null> => {
    const headers: Record<string, string> = {};
    const pass = ctx.get('Catraca-Pass');
    const cookie = ctx.get('Cookie');
    if (pass !== '') headers['catraca-pass'] = pass;
    if (cookie !== '') headers['cookie'] = cookie;
    try {
      const answer = await fetch(question, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
      // Read or thrown away: an unread body keeps its connection.
      if (!answer.ok) await answer.body?.cancel();
      return answer;
    } catch {
      return null;
    }
  };

  return async (ctx, next) => {
    const answer = await ask(ctx);
    if (answer?.ok === true) {
      const { fanId } = (await answer.json()) as { readonly fanId: string };
      ctx.state['fanId'] = fanId;
      await next();
      return;
    }
    ctx.set('Cache-Control', 'no-store');
    if (answer?.status === 403) {
      ctx.redirect(roomUrl);
      return;
    }
    ctx.status = 503;
    ctx.set('Retry-After', '2');
    ctx.body = 'The waiting room gives no answer. Try again in a moment.';
  };
};
