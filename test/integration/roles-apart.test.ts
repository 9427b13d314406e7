import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import { freePort } from '../../src/infra/free-port.ts';
import { ask, openStream, type Reply } from '../support/api.ts';
import { clientOf, QUICK, realServers, temporaryFolder } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pay, type Frame, type OrderDocument } from '../support/fan.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { START_COMMANDS } from '../support/start-commands.ts';

const SECRET = 'the tests of services apart sign with this one';
const ROLES = ['gateway', 'tickets', 'payments', 'sandbox'] as const;
type Role = (typeof ROLES)[number];

interface Readiness {
  readonly status: string;
  readonly parts: readonly { readonly name: string; readonly state: string; readonly vital: boolean }[];
}

/** Each role as a process of its own, on addresses that outlive it. */
const installation = async (t: ExecutionContext) => {
  const servers = await realServers(t);
  if (servers === null) return null;
  const ports = Object.fromEntries(
    await Promise.all(ROLES.map(async (role) => [role, await freePort()] as const)),
  ) as Record<Role, number>;
  const url = (role: Role): string => `http://127.0.0.1:${ports[role]}`;
  const folder = await temporaryFolder(t);
  const start = (role: Role): TestProcess =>
    startProcess(t, START_COMMANDS[role], {
      ...QUICK,
      ...servers.settings,
      LOG_LEVEL: 'info',
      RECONCILE_EVERY_MS: '500',
      CATRACA_SECRET: SECRET,
      CATRACA_DATA_DIR: `${folder}/${role}`,
      PORT: String(ports[role]),
      SANDBOX_PORT: String(ports.sandbox),
      SANDBOX_WEBHOOK_URL: `${url('gateway')}/v1/payments/webhooks/stripe`,
      STRIPE_API_URL: url('sandbox'),
      TICKETS_URL: url('tickets'),
      PAYMENTS_URL: url('payments'),
    });
  const processes = Object.fromEntries(ROLES.map((role) => [role, start(role)])) as Record<Role, TestProcess>;
  await Promise.all(ROLES.map((role) => processes[role].ready()));
  return {
    url,
    processes,
    client: clientOf(url('gateway'), url('sandbox'), processes.gateway.told('Operator')),
    async kill(role: Role) {
      processes[role].signal('SIGKILL');
      await processes[role].ended();
    },
    async restart(role: Role) {
      processes[role] = start(role);
      await processes[role].ready();
    },
  };
};

const awayFor = (t: ExecutionContext, reply: Reply<unknown>): void => {
  t.is(reply.status, 503, reply.text);
  t.is((reply.body as { code?: string }).code, 'unavailable');
  t.is(reply.headers.get('retry-after'), '1');
  t.is(reply.headers.get('content-type'), 'application/problem+json; charset=utf-8');
};

test('four roles as four processes sell, and one that is killed costs its own part and comes back', async (t) => {
  t.timeout(180_000);
  const all = await installation(t);
  if (all === null) return;
  const { client, url, processes } = all;

  // Each is ready by its own measure.
  const readiness = async (role: Role) => (await ask<Readiness>(url(role), 'GET', '/readyz')).body;
  const everythingUp = () =>
    eventually(async () => {
      for (const role of ['gateway', 'tickets'] as const)
        for (const { name, state } of (await readiness(role)).parts) assert.equal(state, 'up', name);
    });
  await everythingUp();
  const namesOf = ({ parts }: Readiness) => parts.map(({ name }) => name);
  t.deepEqual(namesOf(await readiness('gateway')), ['PostgreSQL', 'Redis', 'Tickets', 'Payments']);
  t.deepEqual(namesOf(await readiness('tickets')), ['PostgreSQL', 'Redis', 'RabbitMQ', 'Payments']);
  t.deepEqual(namesOf(await readiness('payments')), ['PostgreSQL', 'RabbitMQ', 'Gateway']);
  t.is((await readiness('sandbox')).status, 'ready');

  // The fan's journey, watched through the gateway.
  const eventId = await client.createEvent();
  const fan = await client.fan();
  const { order } = await fan.reachCheckout(eventId, ['A-1-1']);
  const stream = await openStream<OrderDocument>(client.url, `/v1/orders/${order.orderId}/stream`, fan.token);
  await stream.until(({ status }) => status === 'awaiting_payment');
  t.is((await pay(order)).status, 200);
  const told = await stream.until(({ status }) => status === 'confirmed');
  t.is(told.tickets.length, 1);
  await stream.ended();
  await client.seatIs(eventId, 'A-1-1', 'sold');
  await eventually(async () => assert.equal((await client.intentOf(order.orderId)).status, 'succeeded'));
  const numbers = await client.operator<{ seats: { sold: number } }>('GET', `/events/${eventId}`);
  t.is(numbers.body.seats.sold, 1);
  await eventually(async () => {
    const { body } = await client.operator<{ lookedAt: string | null }>('GET', '/money');
    assert.notEqual(body.lookedAt, null);
  });

  // One id from the edge to the service's log.
  const named = await ask(client.url, 'POST', '/v1/orders', {
    token: fan.token,
    headers: { 'x-request-id': 'followed-1' },
    body: { holdIds: ['01980000-0000-7000-8000-0000000000ff'] },
  });
  t.is(named.headers.get('x-request-id'), 'followed-1');
  for (const role of ['gateway', 'tickets'] as const)
    await eventually(() => assert.match(processes[role].stdout(), /"requestId":"followed-1"/, role));

  // Payments killed: an order is placed all the same, and can be paid when they are back.
  const second = await client.fan();
  await second.comeIn(eventId);
  await all.kill('payments');
  const hold = await second.hold(eventId, ['A-1-2']);
  const placed = await second.ask<OrderDocument>('POST', '/v1/orders', { body: { holdIds: [hold.holdId] } });
  t.is(placed.status, 201, placed.text);
  t.is(placed.body.checkoutUrl, null);
  awayFor(t, await second.ask('GET', `/v1/orders/${placed.body.orderId}`));
  awayFor(t, await client.operator('GET', '/money'));
  awayFor(t, await ask(client.url, 'POST', '/v1/payments/webhooks/stripe', { body: {} }));
  await eventually(async () => {
    const gateway = await readiness('gateway');
    assert.equal(gateway.status, 'ready');
    assert.equal(gateway.parts.find(({ name }) => name === 'Payments')?.state, 'down');
  });
  await all.restart('payments');
  await everythingUp();
  const payable = await eventually(async () => {
    const { status, body } = await second.ask<OrderDocument>('GET', `/v1/orders/${placed.body.orderId}`);
    assert.equal(status, 200);
    assert.ok(body.checkoutUrl);
    return { ...body, checkoutUrl: body.checkoutUrl };
  });
  t.is((await pay(payable)).status, 200);
  t.is((await second.until(payable.orderId, 'confirmed')).tickets.length, 1);

  // Tickets killed: the line goes on, what needs seats says so.
  const third = await client.fan();
  await third.comeIn(eventId);
  await all.kill('tickets');
  awayFor(t, await third.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-3'] }));
  awayFor(t, await ask(client.url, 'GET', `/v1/events/${eventId}`));
  const fourth = await client.fan();
  t.is((await fourth.join(eventId)).status, 201);
  await eventually(async () => {
    const frame = await ask<Frame>(client.url, 'GET', `/v1/events/${eventId}/line`);
    assert.equal(frame.body.joined, 4);
  });
  await all.restart('tickets');
  await everythingUp();
  const late = await eventually(async () => {
    const reply = await third.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-3'] });
    assert.equal(reply.status, 201, reply.text);
    return reply.body;
  });
  const lastOrder = await third.order([late.holdId]);
  t.is((await pay(lastOrder)).status, 200);
  await third.until(lastOrder.orderId, 'confirmed');

  for (const role of ROLES) processes[role].signal('SIGTERM');
  for (const role of ROLES) t.is((await processes[role].ended()).code, 0, processes[role].stderr());
});
