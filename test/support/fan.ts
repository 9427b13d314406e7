import assert from 'node:assert/strict';
import { ask, type Ask, type Reply } from './api.ts';
import { eventually } from './eventually.ts';

export interface Frame {
  readonly eventId: string;
  readonly phase: string;
  readonly serving: number;
  readonly joined: number;
  readonly ratePerMinute: number;
  readonly reason: string;
}

export interface HoldDocument {
  readonly holdId: string;
  readonly seats: readonly string[];
  readonly amountMinor: number;
  readonly currency: string;
  readonly expiresAt: string;
  readonly state: string;
}

export interface OrderDocument {
  readonly orderId: string;
  readonly status: string;
  readonly reason?: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly checkoutUrl: string | null;
  readonly payBy: string;
  readonly seats: readonly string[];
  readonly tickets: readonly {
    readonly ticketId: string;
    readonly seatId: string;
    readonly code: string;
    readonly svgUrl: string;
  }[];
}

export const GOOD_CARD = '4242424242424242';
export const DECLINED_CARD = '4000000000009995';

const expecting = <B>(status: number, reply: Reply<B>): B => {
  assert.equal(reply.status, status, reply.text);
  return reply.body;
};

interface JoinedDocument {
  readonly place: string;
  readonly number: number;
  readonly recoveryCode: string;
  readonly frame: Frame;
}

/** A fan: the journey step by step, each against the node whose URL is given (default: the one signed in at). */
const fanWith = (home: string, fanId: string, token: string, kept = '') => {
  let place = kept;
  let pass = '';

  const fan = {
    fanId,
    token,
    place: () => place,
    pass: () => pass,
    /** Any request of this fan's. */
    ask: <B>(method: string, path: string, extra: Ask = {}, url = home): Promise<Reply<B>> =>
      ask<B>(url, method, path, { token, ...extra }),

    tryJoin: (eventId: string, url = home): Promise<Reply<JoinedDocument & { readonly code?: string }>> =>
      fan.ask(
        'POST',
        `/v1/events/${eventId}/line`,
        { headers: place === '' ? {} : { 'catraca-place': place } },
        url,
      ),

    async standing(
      eventId: string,
      url = home,
    ): Promise<{ readonly state?: string; readonly code?: string }> {
      const path = `/v1/events/${eventId}/line/me`;
      return (await fan.ask<object>('GET', path, { headers: { 'catraca-place': place } }, url)).body;
    },

    async join(eventId: string, url = home) {
      const reply = await fan.tryJoin(eventId, url);
      assert.ok(reply.status === 201 || reply.status === 200, reply.text);
      place = reply.body.place;
      return { status: reply.status, ...reply.body };
    },

    /** Waits to be called, as a browser does: by the frame alone. Then comes in. */
    async comeIn(eventId: string, url = home): Promise<string> {
      const { number } = await fan.join(eventId, url);
      await eventually(async () => {
        const frame = expecting(200, await ask<Frame>(url, 'GET', `/v1/events/${eventId}/line`));
        assert.ok(frame.serving >= number, `${number} is not called: ${JSON.stringify(frame)}`);
      });
      const path = `/v1/events/${eventId}/admission`;
      const answer = await eventually(async () => {
        const reply = await fan.ask<{ pass: string }>('POST', path, { body: { place } }, url);
        assert.notEqual(reply.body['code' as never], 'not_called');
        return reply;
      });
      pass = expecting(201, answer).pass;
      return pass;
    },

    /** Shows the place that was called, or was redeemed before on another device. */
    async redeem(eventId: string, url = home): Promise<string> {
      const path = `/v1/events/${eventId}/admission`;
      const reply = await fan.ask<{ pass: string }>('POST', path, { body: { place } }, url);
      assert.ok(reply.status === 200 || reply.status === 201, reply.text);
      pass = reply.body.pass;
      return pass;
    },

    tryHold: (eventId: string, wish: object, extra: Ask = {}, url = home) =>
      fan.ask<HoldDocument & { readonly code?: string }>(
        'POST',
        `/v1/events/${eventId}/holds`,
        { ...extra, headers: { 'catraca-pass': pass, ...extra.headers }, body: wish },
        url,
      ),

    hold: async (eventId: string, seatIds: readonly string[], url = home): Promise<HoldDocument> =>
      expecting(201, await fan.tryHold(eventId, { sectionId: seatIds[0]?.split('-')[0], seatIds }, {}, url)),

    /** Places the order and waits for its payment page. */
    async order(holdIds: readonly string[], url = home): Promise<OrderDocument & { checkoutUrl: string }> {
      const placed = expecting(
        201,
        await fan.ask<OrderDocument>('POST', '/v1/orders', { body: { holdIds } }, url),
      );
      return eventually(async () => {
        const order = placed.checkoutUrl === null ? await fan.read(placed.orderId, url) : placed;
        assert.ok(order.checkoutUrl !== null);
        return { ...order, checkoutUrl: order.checkoutUrl };
      });
    },

    read: async (orderId: string, url = home): Promise<OrderDocument> =>
      expecting(200, await fan.ask<OrderDocument>('GET', `/v1/orders/${orderId}`, {}, url)),

    /** Waits until the order has that status. */
    until: (orderId: string, status: string, url = home): Promise<OrderDocument> =>
      eventually(async () => {
        const order = await fan.read(orderId, url);
        assert.equal(order.status, status);
        return order;
      }),

    /** Everything from the line to the payment page. */
    async reachCheckout(eventId: string, seatIds: readonly string[]) {
      await fan.comeIn(eventId);
      const hold = await fan.hold(eventId, seatIds);
      return { hold, order: await fan.order([hold.holdId]) };
    },
  };
  return fan;
};

/** Signs in as a new guest. */
export const signIn = async (home: string) => {
  const { fanId, token } = expecting(
    201,
    await ask<{ fanId: string; token: string }>(home, 'POST', '/v1/fans'),
  );
  return fanWith(home, fanId, token);
};

/** The same fan on another device, which knows nothing but the code. */
export const goOn = async (home: string, eventId: string, code: string) => {
  const path = `/v1/events/${eventId}/line/recovery`;
  const recovered = await ask<JoinedDocument & { readonly fanId: string; readonly token: string }>(
    home,
    'POST',
    path,
    { body: { code } },
  );
  const { fanId, token, place } = expecting(200, recovered);
  return fanWith(home, fanId, token, place);
};

export type Fan = Awaited<ReturnType<typeof signIn>>;

/** Pays as a program does, on the gateway's own page. */
export const pay = (
  order: { readonly checkoutUrl: string },
  card = GOOD_CARD,
): Promise<Reply<{ status?: string; error?: { code: string } }>> =>
  ask(order.checkoutUrl, 'POST', '/pay', { body: { card } });
