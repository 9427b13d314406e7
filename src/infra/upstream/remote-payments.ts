import { text } from 'node:stream/consumers';
import type { Clock, Ids } from '../../domain/ports/environment.ts';
import type { BearerTokens, CheckoutView, PaymentService } from '../../domain/ports/services.ts';
import type { Upstream } from '../../domain/ports/upstream.ts';
import { PartAway, RefusalError, refuse, type RefusalCode } from '../../domain/refusal.ts';

const TOKEN_LIFE_MS = 600_000;
/** Renewed early, so that clocks may differ. */
const TOKEN_FRESH_MS = 300_000;

export interface RemotePaymentsOptions {
  readonly upstream: Upstream;
  readonly tokens: Pick<BearerTokens, 'issue'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly ids: Ids;
}

/** What the ticket service needs of the payment service. */
export type Checkouts = Pick<PaymentService, 'openCheckout' | 'findCheckout' | 'cancel'>;

/**
 * The payment service in another process. Rejects with the refusal `unavailable` when nothing arrived there, and with
 * `PartAway` when it is not known; all three calls may be repeated.
 */
export const createRemotePayments = (options: RemotePaymentsOptions): Checkouts => {
  const { upstream, tokens, clock, ids } = options;
  let token = { text: '', issuedMs: Number.NEGATIVE_INFINITY };

  const bearer = async (): Promise<string> => {
    const nowMs = clock.nowMs();
    if (nowMs - token.issuedMs > TOKEN_FRESH_MS)
      token = {
        text: await tokens.issue({ id: 'tickets', role: 'service' }, TOKEN_LIFE_MS),
        issuedMs: nowMs,
      };
    return token.text;
  };

  /** The document, or null where there is none. */
  const ask = async (method: string, target: string, body: object | null): Promise<unknown> => {
    const answer = await upstream.send({
      method,
      target: `/internal/checkouts${target}`,
      headers: {
        authorization: `Bearer ${await bearer()}`,
        'x-request-id': ids.next(),
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      body: body === null ? null : Buffer.from(JSON.stringify(body)),
      stream: false,
    });
    const document: unknown = JSON.parse(await text(answer.body));
    if (answer.status === 200) return document;
    const code = (document as { code?: RefusalCode } | null)?.code;
    if (code === 'not_found') return null;
    if (code === 'unavailable' || code === 'overloaded') throw new RefusalError(refuse(code));
    throw new PartAway(`the ${upstream.name} service answered ${answer.status} ${String(code)}`);
  };

  return {
    async openCheckout(order, description) {
      const found = await ask('POST', '', { order, description });
      if (found === null) throw new PartAway(`the ${upstream.name} service knows no checkouts`);
      return found as CheckoutView;
    },
    findCheckout: async (orderId) => (await ask('GET', `/${orderId}`, null)) as CheckoutView | null,
    async cancel(orderId) {
      const found = (await ask('DELETE', `/${orderId}`, null)) as {
        outcome: Awaited<ReturnType<PaymentService['cancel']>>;
      } | null;
      return found?.outcome ?? 'not_found';
    },
  };
};
