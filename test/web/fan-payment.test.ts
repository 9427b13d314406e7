import test from 'ava';
import type { Page } from 'playwright-core';
import { ask } from '../support/api.ts';
import { DECLINED_CARD, pay } from '../support/fan.ts';
import { sharedBrowserStage, type BrowserStage } from '../support/browser-stage.ts';
import { chooseSeats, comeInside, payWith, visit } from './fan-stage.ts';

/** Short lives, so that a test need not wait for minutes; long enough for a browser on a busy machine. */
const stage = sharedBrowserStage({ HOLD_TTL_MS: '6000', PAY_WITHIN_MS: '9000' });
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name }).waitFor();

const reachGateway = async (page: Page, { app }: BrowserStage, seat: number): Promise<string> => {
  const eventId = await app.createEvent();
  await comeInside(page, app.url, eventId);
  await chooseSeats(page, 'Cadeira A', '1', [seat]);
  await page.getByRole('button', { name: /^Reserve for/ }).click();
  await page.getByRole('button', { name: /^Pay R\$/ }).click();
  await page.getByLabel('Card number').waitFor();
  return eventId;
};

const backToShop = (page: Page): Promise<void> =>
  page.getByRole('link', { name: 'Back to the shop' }).click();

test.serial('a declined card is told as such, and the second try buys the same seats', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { page, complaints } = await visit(t, fan);
  await reachGateway(page, fan, 1);
  await payWith(page, DECLINED_CARD);
  await page.getByRole('alert').waitFor();
  await backToShop(page);
  await heading(page, 'The card was declined');
  await page.getByRole('link', { name: 'Try another card' }).click();
  await payWith(page);
  await backToShop(page);
  await heading(page, 'Your tickets are here!');
  t.is(await page.locator('.ticket').count(), 1);
  t.deepEqual(complaints, []);
});

test.serial('who comes back without having paid is told that nothing is known, and may cancel', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { page, complaints } = await visit(t, fan);
  const eventId = await reachGateway(page, fan, 2);
  await backToShop(page);
  await heading(page, 'We have not heard of the payment yet');
  await page.getByRole('button', { name: 'Cancel the order' }).click();
  await page.getByRole('button', { name: 'Yes, cancel' }).click();
  await heading(page, 'Order cancelled');
  await fan.app.seatIs(eventId, 'A-1-2', 'free');
  t.deepEqual(complaints, []);
});

test.serial('money whose news was lost on the way is found by itself, and the page follows', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { page } = await visit(t, fan);
  await reachGateway(page, fan, 3);
  const lost = await ask(fan.app.sandboxUrl, 'POST', '/sandbox/faults', {
    body: [{ kind: 'lose', operation: 'webhook', next: 1 }],
  });
  t.is(lost.status, 201, 'the gateway will lose its next message');
  await payWith(page);
  await backToShop(page);
  await page
    .getByRole('heading', { level: 1, name: /Asking the bank|Confirming|Your tickets are here/ })
    .waitFor();
  await page.getByRole('heading', { level: 1, name: 'Your tickets are here!' }).waitFor({ timeout: 60_000 });
  t.pass();
});

test.serial(
  'a reservation that ran out says so, says that nothing was charged, and lets one choose again',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { page } = await visit(t, fan);
    const eventId = await fan.app.createEvent();
    await comeInside(page, fan.app.url, eventId);
    await chooseSeats(page, 'Cadeira A', '1', [9]);
    await page.getByRole('button', { name: /^Reserve for/ }).click();
    await page.getByRole('heading', { name: 'Your reservation' }).waitFor();
    await page.getByRole('heading', { name: 'The reservation ran out' }).waitFor({ timeout: 30_000 });
    await page.getByText('Nothing was charged').waitFor();
    await page.getByRole('button', { name: 'Choose again' }).click();
    await page.getByRole('button', { name: 'Seat 9, free' }).waitFor();
    t.pass();
  },
);

test.serial('the time to pay passes: the order says so, and the seats are free again', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { page } = await visit(t, fan);
  const eventId = await reachGateway(page, fan, 10);
  await page.goBack();
  await page
    .getByRole('heading', { level: 1, name: 'The time to pay has passed' })
    .waitFor({ timeout: 45_000 });
  await fan.app.seatIs(eventId, 'A-1-10', 'free');
  t.pass();
});

test.serial('an event that is sold out says so at its door', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const eventId = await fan.app.createEvent({
    sections: [{ id: 'P', name: 'Pista', priceMinor: 1_000, capacity: 1 }],
  });
  const buyer = await fan.app.fan();
  await buyer.comeIn(eventId);
  const hold = await buyer.tryHold(eventId, { sectionId: 'P', quantity: 1 });
  const order = await buyer.order([hold.body.holdId]);
  await pay(order);
  await buyer.until(order.orderId, 'confirmed');
  const { page } = await visit(t, fan);
  await page.goto(`${fan.app.url}/e/${eventId}`);
  await heading(page, 'Sold out');
  t.is(await page.getByRole('button', { name: 'Join the line' }).count(), 0);
});
