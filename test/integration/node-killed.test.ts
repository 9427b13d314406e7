import assert from 'node:assert/strict';
import test from 'ava';
import { freePort } from '../../src/infra/free-port.ts';
import { ask } from '../support/api.ts';
import { clientOf, QUICK, realServers, temporaryFolder } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { goOn, pay } from '../support/fan.ts';
import { frameOf, PATIENCE_MS } from '../support/outage.ts';
import { startProcess } from '../support/process.ts';
import { START_COMMANDS } from '../support/start-commands.ts';

test.serial(
  'kill -9 of a node with open holds and orders: the other goes on at once, and a new one serves in full',
  async (t) => {
    t.timeout(240_000);
    const servers = await realServers(t);
    if (servers === null) return;
    const [sandboxPort, portA, portB] = [await freePort(), await freePort(), await freePort()];
    const common = { ...QUICK, CATRACA_SECRET: 'the nodes of one sale sign with this one' };
    const sandbox = startProcess(t, START_COMMANDS.sandbox, {
      ...common,
      CATRACA_DATA_DIR: await temporaryFolder(t),
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${portB}/v1/payments/webhooks/stripe`,
    });
    const node = async (port: number) =>
      startProcess(t, START_COMMANDS.node, {
        ...common,
        ...servers.settings,
        PORT: String(port),
        STRIPE_API_URL: `http://127.0.0.1:${sandboxPort}`,
        CATRACA_DATA_DIR: await temporaryFolder(t),
      });
    const [victim, other] = [await node(portA), await node(portB)];
    await Promise.all([victim.ready(), other.ready(), sandbox.ready()]);
    const [a, b] = [victim.told('Fans'), other.told('Fans')];
    const client = clientOf(a, sandbox.told('Sandbox').split(' ')[0] ?? '', victim.told('Operator'));
    const eventId = await client.createEvent({ limits: { seatsPerFan: 10, holdsPerFan: 10 } });
    const [fan, waiting] = [await client.fan(), await client.fan()];
    await fan.comeIn(eventId, a);
    const held = await fan.hold(eventId, ['A-1-1'], a);
    const open = await fan.order([(await fan.hold(eventId, ['A-1-2'], a)).holdId], a);
    const paid = await fan.order([(await fan.hold(eventId, ['A-1-3'], a)).holdId], a);
    const { number } = await waiting.join(eventId, a);
    const { serving } = await frameOf(a, eventId);
    await pay(paid);
    const phone = await client.fan();
    const laptop = await goOn(a, eventId, (await phone.join(eventId, a)).recoveryCode);

    victim.signal('SIGKILL');
    await victim.ended();
    const killedMs = performance.now();
    const ms = (): number => Math.round(performance.now() - killedMs);
    await eventually(async () => {
      const reply = await fan.tryHold(eventId, { sectionId: 'B', seatIds: ['B-1-1'] }, {}, b);
      assert.equal(reply.status, 201, reply.text);
    }, PATIENCE_MS);
    t.log(`the other node holds after ${ms()} ms (promised: 5,000)`);
    const renewed = await node(portA);
    await renewed.ready();
    await eventually(async () => assert.equal((await ask(a, 'GET', '/readyz')).status, 200), PATIENCE_MS);
    t.log(`a new node is ready after ${ms()} ms (promised: 5,000)`);

    t.true((await frameOf(a, eventId)).serving >= serving);
    t.is((await waiting.join(eventId, a)).number, number, 'a place outlives the node that gave it');
    await waiting.comeIn(eventId, a);
    t.is((await phone.tryJoin(eventId, b)).body.code, 'place_handed_over', 'so does a hand-over');
    await laptop.comeIn(eventId, b);
    const taken = await waiting.tryHold(eventId, { sectionId: 'A', seatIds: held.seats }, {}, a);
    t.is(taken.body.code, 'seat_taken', 'a hold outlives the node that took it');
    await eventually(() => fan.until(paid.orderId, 'confirmed', b), PATIENCE_MS);
    await pay(open);
    await eventually(() => fan.until(open.orderId, 'confirmed', a), PATIENCE_MS);
    const order = await fan.order([held.holdId], a);
    await pay(order);
    await eventually(() => fan.until(order.orderId, 'confirmed', b), PATIENCE_MS);
  },
);
