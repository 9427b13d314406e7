import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { ask, openStream } from '../support/api.ts';
import { MANY_EVENTS, sharedStage, startTestApp, type TestApp, type Variant } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { DECLINED_CARD, pay, type Frame, type HoldDocument, type OrderDocument } from '../support/fan.ts';

interface Numbers {
  readonly seats: Record<'free' | 'held' | 'paying' | 'sold', number>;
  readonly orders: Record<string, number>;
  readonly line: Record<string, number>;
  readonly limit: string;
}

const VARIANTS: readonly Variant[] = ['embedded', 'real'];
const shared: Partial<Record<Variant, TestApp>> = {};
let end = (): Promise<void> => Promise.resolve();

test.before('one app of each kind for all', async (t) => {
  const stage = sharedStage(t);
  end = () => stage.end();
  for (const variant of VARIANTS) {
    const app = await startTestApp(stage, variant, { ...MANY_EVENTS, CHAOS: '1' });
    if (app !== null) shared[variant] = app;
  }
});

test.after.always('stop the apps', () => end());

/** One test for each kind of app; where real servers are not to be had, its title says what did not run. */
const both = (title: string, run: (t: ExecutionContext, app: TestApp) => Promise<void>): void => {
  for (const variant of VARIANTS) {
    test.serial(`${variant}: ${title}`, async (t) => {
      const app = shared[variant];
      if (app !== undefined) return run(t, app);
      t.log('not run: real servers were not found');
      return t.pass();
    });
  }
};

/** An app with times of its own, for the rules that only time shows. */
const withTimes = (
  title: string,
  settings: Readonly<Record<string, string>>,
  run: (t: ExecutionContext, app: TestApp) => Promise<void>,
): void => {
  for (const variant of VARIANTS) {
    test.serial(`${variant}: ${title}`, async (t) => {
      const app = await startTestApp(t, variant, settings);
      if (app !== null) await run(t, app);
    });
  }
};

both('a fan goes from the line to a ticket that the door can check', async (t, app) => {
  const eventId = await app.createEvent();
  const fan = await app.fan();
  const joined = await fan.join(eventId);
  t.is(joined.status, 201);
  t.is(joined.number, 1);
  t.is(joined.frame.eventId, eventId);
  t.true(joined.recoveryCode.length > 0);
  const again = await fan.join(eventId);
  t.like(again, { status: 200, number: 1, place: joined.place, recoveryCode: joined.recoveryCode });

  await fan.comeIn(eventId);
  const me = await fan.ask<{ state: string }>('GET', `/v1/events/${eventId}/line/me`, {
    headers: { 'catraca-place': fan.place() },
  });
  t.is(me.body.state, 'admitted');

  const hold = await fan.hold(eventId, ['A-1-3', 'A-1-4']);
  t.like(hold, { amountMinor: 50_000, currency: 'BRL', state: 'active' });
  t.deepEqual([...hold.seats].sort(), ['A-1-3', 'A-1-4']);
  t.true(Date.parse(hold.expiresAt) > Date.now());
  const order = await fan.order([hold.holdId]);
  t.like(order, { status: 'awaiting_payment', amountMinor: 50_000, currency: 'BRL' });
  t.is(new URL(order.checkoutUrl).origin, new URL(app.sandboxUrl).origin);

  const paid = await pay(order);
  t.is(paid.status, 200);
  const confirmed = await fan.until(order.orderId, 'confirmed');
  t.deepEqual(confirmed.tickets.map((ticket) => ticket.seatId).sort(), ['A-1-3', 'A-1-4']);
  t.is(confirmed.checkoutUrl, null);

  const keys = await ask<JSONWebKeySet>(app.url, 'GET', '/v1/tickets/keys');
  const jwks = createLocalJWKSet(keys.body);
  for (const ticket of confirmed.tickets) {
    const { payload } = await compactVerify(ticket.code, jwks);
    t.like(JSON.parse(new TextDecoder().decode(payload)), {
      tid: ticket.ticketId,
      evt: eventId,
      seat: ticket.seatId,
      ord: order.orderId,
    });
    const image = await ask(app.url, 'GET', ticket.svgUrl);
    t.is(image.status, 200);
    t.regex(image.headers.get('content-type') ?? '', /^image\/svg\+xml/);
    t.regex(image.text, /<svg[\s\S]*<\/svg>/);
    t.is(
      (await ask(app.url, 'GET', `/v1/tickets/${ticket.ticketId}.svg`)).status,
      404,
      'not without the code',
    );
  }
  await app.seatIs(eventId, 'A-1-3', 'sold');
  await eventually(async () => assert.equal((await app.intentOf(order.orderId)).status, 'succeeded'));
  t.deepEqual(app.fatal, []);
});

both('a declined card leaves the order open, and a good card then pays it', async (t, app) => {
  const eventId = await app.createEvent();
  const fan = await app.fan();
  const { order } = await fan.reachCheckout(eventId, ['A-1-1']);
  const declined = await pay(order, DECLINED_CARD);
  t.is(declined.status, 402);
  t.is(declined.body.error?.code, 'card_declined');
  t.is((await fan.read(order.orderId)).status, 'awaiting_payment');
  t.is((await pay(order)).status, 200);
  t.is((await fan.until(order.orderId, 'confirmed')).tickets.length, 1);
});

both('an order cancelled before payment can never be paid, and frees its seats', async (t, app) => {
  const eventId = await app.createEvent();
  const fan = await app.fan();
  const { order } = await fan.reachCheckout(eventId, ['A-1-1']);
  const cancelled = await fan.ask<OrderDocument>('DELETE', `/v1/orders/${order.orderId}`);
  t.true(cancelled.status === 200 || cancelled.status === 202, cancelled.text);
  t.is((await app.intentOf(order.orderId)).status, 'canceled', 'the gateway was told first');
  t.like(await fan.until(order.orderId, 'failed'), { reason: 'cancelled', checkoutUrl: null });
  await app.seatIs(eventId, 'A-1-1', 'free');
  t.is((await pay(order)).status, 400);
  t.is((await fan.ask('DELETE', `/v1/orders/${order.orderId}`)).status, 200, 'once more is fine');
  await fan.hold(eventId, ['A-1-1']);
});

both('a paid order cannot be cancelled', async (t, app) => {
  const eventId = await app.createEvent();
  const fan = await app.fan();
  const { order } = await fan.reachCheckout(eventId, ['A-1-1']);
  await pay(order);
  const refused = await fan.ask('DELETE', `/v1/orders/${order.orderId}`);
  t.like(refused, { status: 409, body: { code: 'order_not_cancellable' } });
  await fan.until(order.orderId, 'confirmed');
  t.is((await fan.ask('DELETE', `/v1/orders/${order.orderId}`)).status, 409);
  t.is((await fan.until(order.orderId, 'confirmed')).tickets.length, 1);
});

both('to another fan the ids of a fan name nothing, and seats of another are taken', async (t, app) => {
  const eventId = await app.createEvent();
  const [owner, stranger] = [await app.fan(), await app.fan()];
  await stranger.comeIn(eventId);
  const { hold, order } = await owner.reachCheckout(eventId, ['A-1-1']);
  await pay(order);
  const ticketId = (await owner.until(order.orderId, 'confirmed')).tickets[0]?.ticketId;
  const other = await owner.hold(eventId, ['A-1-2']);
  for (const [method, path] of [
    ['DELETE', `/v1/holds/${other.holdId}`],
    ['POST', `/v1/holds/${other.holdId}/extend`],
    ['GET', `/v1/orders/${order.orderId}`],
    ['GET', `/v1/orders/${order.orderId}/stream`],
    ['DELETE', `/v1/orders/${order.orderId}`],
    ['GET', `/v1/tickets/${ticketId}`],
    ['GET', `/v1/tickets/${ticketId}.svg`],
  ] as const) {
    const reply = await stranger.ask(method, path);
    t.like(reply, { status: 404, body: { code: 'not_found' } }, `${method} ${path}`);
  }
  const ordering = await stranger.ask('POST', '/v1/orders', { body: { holdIds: [other.holdId] } });
  t.like(ordering, { status: 404, body: { code: 'not_found' } });
  for (const seatId of ['A-1-1', 'A-1-2']) {
    const taken = await stranger.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-5', seatId] });
    t.like(taken, { status: 409, body: { code: 'seat_taken', seatIds: [seatId] } });
  }
  await app.seatIs(eventId, 'A-1-5', 'free');
  const withStolenPass = await stranger.tryHold(
    eventId,
    { sectionId: 'A', quantity: 1 },
    { headers: { 'catraca-pass': owner.pass() } },
  );
  t.like(withStolenPass, { status: 403, body: { code: 'pass_invalid' } });
  t.is((await owner.ask('GET', `/v1/orders/${order.orderId}`)).status, 200);
  t.is(hold.seats.length, 1);
});

both('the section chooses seats when a fan says only how many', async (t, app) => {
  const eventId = await app.createEvent();
  const fan = await app.fan();
  await fan.comeIn(eventId);
  const held = await fan.tryHold(eventId, { sectionId: 'PISTA', quantity: 3 });
  t.is(held.status, 201);
  t.is(held.body.seats.length, 3);
  const other = await app.fan();
  await other.comeIn(eventId);
  const refused = await other.tryHold(eventId, { sectionId: 'PISTA', quantity: 3 });
  t.like(refused, { status: 409, body: { code: 'section_sold_out' } });
  t.is((await fan.ask('DELETE', `/v1/holds/${held.body.holdId}`)).status, 204);
  t.is(
    (await eventuallyHeld(() => other.tryHold(eventId, { sectionId: 'PISTA', quantity: 3 }))).seats.length,
    3,
  );
});

const eventuallyHeld = (hold: () => ReturnType<Awaited<ReturnType<TestApp['fan']>>['tryHold']>) =>
  eventually(async (): Promise<HoldDocument> => {
    const reply = await hold();
    assert.equal(reply.status, 201, reply.text);
    return reply.body;
  });

both('the knobs are in force within a second', async (t, app) => {
  const eventId = await app.createEvent({ admission: { ratePerMinute: 0, insideMax: 1_000 } });
  const knobs = `/events/${eventId}/admission`;
  const fan = await app.fan();
  const { number, place } = await fan.join(eventId);
  const frame = async () => (await ask<Frame>(app.url, 'GET', `/v1/events/${eventId}/line`)).body;
  const refused = await fan.ask('POST', `/v1/events/${eventId}/admission`, { body: { place } });
  t.like(refused, { status: 409, body: { code: 'not_called' } });
  t.true((await frame()).serving < number, 'a rate of zero calls nobody');

  t.is((await app.operator('PATCH', knobs, { paused: true })).status, 200);
  await eventually(async () => assert.equal((await frame()).reason, 'paused'), 1_000);
  t.is((await app.operator('PATCH', knobs, { ratePerMinute: 60_000 })).status, 200);
  t.true((await frame()).serving < number, 'paused stays paused whatever the rate');
  t.is((await app.operator('PATCH', knobs, { paused: false })).status, 200);
  await eventually(async () => assert.ok((await frame()).serving >= number), 1_000);
  await fan.comeIn(eventId);

  t.is((await app.operator('PATCH', knobs, { ratePerMinute: 0 })).status, 200);
  await eventually(async () => assert.equal((await frame()).ratePerMinute, 0), 1_000);
  const late = await app.fan();
  const second = await late.join(eventId);
  await eventually(async () => assert.ok((await frame()).joined >= second.number));
  t.true((await frame()).serving < second.number);

  t.is((await app.operator('POST', `/events/${eventId}/phase`, { phase: 'paused' })).status, 200);
  await eventually(async () => {
    const hold = await fan.tryHold(eventId, { sectionId: 'A', quantity: 1 });
    assert.equal(hold.body.code, 'event_not_open');
  }, 1_000);
  const { body } = await app.operator<{ entries: { action: string; target: string }[] }>('GET', '/audit');
  t.is(body.entries.filter((entry) => entry.target.includes(eventId)).length, 6, 'every act is audited');
});

both('the operator sees the numbers of the sale, at once and in the stream', async (t, app) => {
  const eventId = await app.createEvent();
  const stream = await openStream<Numbers>(
    app.url,
    `/v1/operator/events/${eventId}/stream`,
    app.operatorToken,
  );
  t.teardown(() => stream.close());
  t.deepEqual((await stream.until(() => true)).seats, { free: 25, held: 0, paying: 0, sold: 0 });
  const fan = await app.fan();
  const { order } = await fan.reachCheckout(eventId, ['A-1-1', 'A-1-2']);
  await fan.hold(eventId, ['B-1-1']);
  await stream.until(({ seats }) => seats.free === 22 && seats.held === 1 && seats.paying === 2);
  await pay(order);
  await fan.until(order.orderId, 'confirmed');
  await stream.until(({ seats, orders }) => seats.sold === 2 && orders['confirmed'] === 1);
  const now = await eventually(async () => {
    const { body } = await app.operator<Numbers>('GET', `/events/${eventId}`);
    assert.deepEqual(body.seats, { free: 22, held: 1, paying: 0, sold: 2 });
    return body;
  });
  t.like(now.line, { joined: 1, admitted: 1 });
  t.is((await ask(app.url, 'GET', `/v1/operator/events/${eventId}`, { token: fan.token })).status, 403);
});

both(
  'the streams of the line and of an order deliver, and the order stream ends with the order',
  async (t, app) => {
    const eventId = await app.createEvent();
    const frames = await openStream<Frame>(app.url, `/v1/events/${eventId}/line/stream`);
    t.teardown(() => frames.close());
    const fan = await app.fan();
    const { number } = await fan.join(eventId);
    await frames.until((frame) => frame.serving >= number);
    const { order } = await fan.reachCheckout(eventId, ['A-1-1']);
    const stream = await openStream<OrderDocument>(app.url, `/v1/orders/${order.orderId}/stream`, fan.token);
    t.teardown(() => stream.close());
    await stream.until(({ status }) => status === 'awaiting_payment');
    await pay(order);
    const last = await stream.until(({ status }) => status === 'confirmed');
    t.is(last.tickets.length, 1);
    await stream.ended();
  },
);

both('an actor that is killed comes back and sells on', async (t, app) => {
  const eventId = await app.createEvent();
  const fan = await app.fan();
  await fan.comeIn(eventId);
  await fan.hold(eventId, ['A-1-1']);
  const { body } = await app.operator<{ actors: { path: string; kind: string }[] }>('GET', '/actors');
  const section = body.actors.find(({ path }) => path.includes(eventId) && path.endsWith('A'));
  t.truthy(section, JSON.stringify(body.actors));
  t.is((await app.operator('DELETE', `/actors/${section?.path.replace(/^\/+/, '')}`)).status, 204);
  await eventuallyHeld(() => fan.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-2'] }));
  await app.seatIs(eventId, 'A-1-1', 'held');
});

withTimes(
  'an order that nobody pays expires: first at the gateway, then its seats are free',
  { PAY_WITHIN_MS: '1000' },
  async (t, app) => {
    const eventId = await app.createEvent();
    const fan = await app.fan();
    const { order } = await fan.reachCheckout(eventId, ['A-1-1']);
    const status = async () =>
      (
        await app.database.query<{ status: string }>(
          "SELECT status FROM tickets.seats WHERE event_id = $1 AND seat_id = 'A-1-1'",
          [eventId],
        )
      ).rows[0]?.status;
    t.is(await status(), 'paying');
    const slow = [{ kind: 'slow', operation: 'cancel', delayMs: 1_000 }];
    await ask(app.sandboxUrl, 'POST', '/sandbox/faults', { body: slow });
    await eventually(async () => {
      const faults = await ask<{ faults: { struck: number }[] }>(app.sandboxUrl, 'GET', '/sandbox/faults');
      assert.equal(faults.body.faults[0]?.struck, 1);
    });
    t.is(await status(), 'paying', 'not free before the gateway has said that nobody can pay any more');
    await eventually(async () => assert.equal(await status(), 'free'));
    t.is((await app.intentOf(order.orderId)).status, 'canceled');
    t.like(await fan.until(order.orderId, 'expired'), { reason: 'expired', checkoutUrl: null });
    t.is((await pay(order)).status, 400, 'too late to pay');
    await app.seatIs(eventId, 'A-1-1', 'free');
  },
);

withTimes(
  'a hold that runs out gives the seat back, and it cannot be ordered or extended',
  { HOLD_TTL_MS: '1000' },
  async (t, app) => {
    const eventId = await app.createEvent();
    const [fan, next] = [await app.fan(), await app.fan()];
    await fan.comeIn(eventId);
    await next.comeIn(eventId);
    const hold = await fan.hold(eventId, ['A-1-1']);
    t.is((await next.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-1'] })).status, 409);
    const taken = await eventuallyHeld(() => next.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-1'] }));
    t.true(Date.now() >= Date.parse(hold.expiresAt) - 50, 'not before it ran out');
    t.not(taken.holdId, hold.holdId);
    const late = await fan.ask('POST', '/v1/orders', { body: { holdIds: [hold.holdId] } });
    t.like(late, { status: 409, body: { code: 'hold_expired' } });
    const extended = await fan.ask('POST', `/v1/holds/${hold.holdId}/extend`, { body: {} });
    t.like(extended, { status: 409, body: { code: 'hold_expired' } });
  },
);

withTimes('a pass that has run out holds nothing more', { PASS_TTL_MS: '1000' }, async (t, app) => {
  const eventId = await app.createEvent();
  const fan = await app.fan();
  await fan.comeIn(eventId);
  const hold = await fan.hold(eventId, ['A-1-1']);
  const refused = await eventually(async () => {
    const reply = await fan.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-1'] });
    assert.equal(reply.body.code, 'pass_expired');
    return reply;
  });
  t.is(refused.status, 403);
  t.is((await fan.order([hold.holdId])).status, 'awaiting_payment', 'what is held may still be ordered');
});
