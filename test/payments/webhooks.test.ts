import test from 'ava';
import type { Intent } from '../../src/domain/ports/payment-gateway.ts';
import { createHarness, type Harness } from './payment-harness.ts';
import { settled } from './virtual-clock.ts';

const opened = async (harness: Harness = createHarness()) => {
  const service = harness.restart();
  await service.openCheckout(harness.order, '');
  const tell = (shown: Intent | null, id?: string) => {
    const { body, signature } = harness.gateway.webhook(shown, id);
    return service.receiveWebhook(body, signature);
  };
  return { ...harness, service, tell };
};

test('authorised by webhook and by reading, in both orders and twice: one PagamentoOK', async (t) => {
  const { gateway, tell, service, clock, said, order } = await opened();
  gateway.pay('pi_1');
  t.is(await tell(gateway.of('pi_1')), 'accepted');
  t.is(await tell(gateway.of('pi_1')), 'accepted');
  await clock.advance(15_000);
  await service.sweep();
  t.is(await service.cancel(order.orderId), 'too_late');
  t.deepEqual(said(), ['PagamentoOK']);
});

test('the same event twice is a duplicate', async (t) => {
  const { gateway, tell, said } = await opened();
  gateway.pay('pi_1');
  t.is(await tell(gateway.of('pi_1'), 'evt_x'), 'accepted');
  t.is(await tell(gateway.of('pi_1'), 'evt_x'), 'duplicate');
  t.deepEqual(said(), ['PagamentoOK']);
});

test('a forged webhook is refused and changes nothing', async (t) => {
  const { gateway, service, said, status } = await opened();
  const { body } = gateway.webhook({ ...gateway.of('pi_1'), status: 'authorised' });
  t.like(await service.receiveWebhook(body, 'not-the-signature'), {
    kind: 'refused',
    code: 'signature_invalid',
  });
  const real = gateway.webhook(gateway.of('pi_1'));
  const bent = Buffer.from(real.body.toString().replace('"open"', '"authorised"'));
  t.like(await service.receiveWebhook(bent, real.signature), { code: 'signature_invalid' });
  t.is(await status(), 'open');
  t.deepEqual(said(), []);
});

test('a decline is not the end: the fan takes another card', async (t) => {
  const { gateway, tell, said, status } = await opened();
  gateway.happens('pi_1', ['open'], { declineCode: 'insufficient_funds' });
  t.is(await tell(gateway.of('pi_1')), 'accepted');
  t.is(await status(), 'open');
  gateway.pay('pi_1');
  await tell(gateway.of('pi_1'));
  t.deepEqual(said(), ['PagamentoOK']);
});

test('reordered: authorised before opened and declined', async (t) => {
  const { gateway, tell, said, status } = await opened();
  const before = gateway.of('pi_1');
  gateway.pay('pi_1');
  await tell(gateway.of('pi_1'));
  await tell({ ...before, declineCode: 'insufficient_funds' });
  await tell(before);
  t.is(await status(), 'authorised');
  t.deepEqual(said(), ['PagamentoOK']);
});

test('three days late, after the no: nothing changes', async (t) => {
  const { gateway, tell, service, order, clock, said, status } = await opened();
  const paid: Intent = { ...gateway.of('pi_1'), status: 'authorised' };
  await service.cancel(order.orderId);
  await clock.advance(3 * 86_400_000);
  t.is(await tell(paid), 'accepted');
  t.is(await status(), 'cancelled');
  t.deepEqual(said(), ['PagamentoFalhou']);
});

test('early: a webhook comes before we know our intent, and is matched by the attempt it names', async (t) => {
  const harness = createHarness();
  harness.gateway.fail('open', 'after');
  const { gateway, tell, said, attempt } = await opened(harness);
  t.is((await attempt())?.intentId, null);
  gateway.pay('pi_1');
  t.is(await tell(gateway.of('pi_1')), 'accepted');
  t.is((await attempt())?.intentId, 'pi_1');
  t.deepEqual(said(), ['PagamentoOK']);
});

test('an event about somebody else, or about no intent, is ignored; one without metadata is matched by its intent', async (t) => {
  const { gateway, tell, said } = await opened();
  const ours = gateway.of('pi_1');
  t.is(await tell(null), 'ignored');
  t.is(await tell({ ...ours, attemptId: null, intentId: 'pi_other' }), 'ignored');
  t.is(await tell({ ...ours, attemptId: 'not-an-id' }), 'ignored');
  t.is(await tell({ ...ours, attemptId: '00000000-0000-4000-8000-000000000009' }), 'ignored');
  t.deepEqual(said(), []);
  t.is(await tell({ ...ours, attemptId: null, status: 'authorised' }), 'accepted');
  t.deepEqual(said(), ['PagamentoOK']);
});

test('another sum than asked for: never OK, cancelled at once, loud', async (t) => {
  const { gateway, tell, said, alarms, intentStatus } = await opened();
  gateway.happens('pi_1', ['open'], { status: 'authorised', amountMinor: 1 });
  t.is(await tell(gateway.of('pi_1')), 'accepted');
  await settled();
  t.is(intentStatus(), 'cancelled');
  t.deepEqual(said(), ['PagamentoFalhou']);
  t.deepEqual(alarms, ['wrong_amount']);
});

test('money taken after the no is told to tickets, and goes back on their word', async (t) => {
  const { gateway, tell, service, order, said, status, alarms, deliver, envelope } = await opened();
  await service.start();
  await service.cancel(order.orderId);
  gateway.happens('pi_1', ['cancelled'], { status: 'captured', capturedMinor: order.amountMinor });
  await tell(gateway.of('pi_1'));
  await settled();
  t.is(await status(), 'late');
  t.deepEqual(said(), ['PagamentoFalhou', 'PagamentoOK']);
  t.deepEqual(alarms, ['late_money']);
  t.is(gateway.of('pi_1').refundedMinor, 0);
  await deliver(envelope('PedidoRejeitado', '00000000-0000-4000-8000-000000000077'));
  await settled();
  t.is(gateway.of('pi_1').refundedMinor, order.amountMinor);
  t.is(await status(), 'refunded');
  await service.stop();
});

test('money that names an attempt which is not in our books waits for a person, once', async (t) => {
  const { gateway, tell, said, memory } = await opened();
  const stray: Intent = {
    ...gateway.of('pi_1'),
    intentId: 'pi_stray',
    attemptId: '00000000-0000-4000-8000-000000000009',
    status: 'captured',
    capturedMinor: 25_000,
  };
  t.is(await tell(stray), 'accepted');
  t.is(await tell(stray), 'accepted');
  t.is(
    await tell({
      ...stray,
      intentId: 'pi_lone',
      attemptId: '00000000-0000-4000-8000-00000000000a',
      orderId: null,
    }),
    'accepted',
  );
  t.deepEqual(
    memory.matters().map((one) => [one.kind, one.paymentRef, one.attemptId === null]),
    [
      ['unknown_order', 'pi_stray', false],
      ['unknown_order', 'pi_lone', true],
    ],
  );
  t.is((await memory.store.findByIntent('pi_stray'))?.status, 'review');
  t.deepEqual(said(), []);
});
