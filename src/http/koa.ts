import Koa, { type Context } from 'koa';

type Handler = (ctx: Context) => Promise<void>;

/** What Koa does with each request. Not in its types: `docs/decisions/0015-koa-for-what-is-left.md`. */
interface Handling {
  handleRequest(ctx: Context, handler: Handler): Promise<void>;
}

// oxlint-disable-next-line typescript/unbound-method -- called with its `this` below
const koaHandles = (Koa.prototype as unknown as Handling).handleRequest;

/**
 * Koa, asked for an answer only where ours has not been written by the time the middleware are through. It watches every response to its
 * end, for bodies that are streams, with five listeners on response and socket: a tenth of a refusal's time, for a text that was
 * written whole.
 */
export class LeanKoa extends Koa implements Handling {
  async handleRequest(ctx: Context, handler: Handler): Promise<void> {
    const { res } = ctx;
    res.statusCode = 404;
    try {
      await handler(ctx);
    } catch (error) {
      await koaHandles.call(this, ctx, () => Promise.reject(error));
      return;
    }
    if (ctx.respond === false) return;
    const { statusCode } = res;
    await koaHandles.call(this, ctx, async () => {
      // It begins by calling everything not found.
      res.statusCode = statusCode;
    });
  }
}
