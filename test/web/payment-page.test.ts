import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import type { TestApp } from '../support/app.ts';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { eventually } from '../support/eventually.ts';
import { DECLINED_CARD, GOOD_CARD } from '../support/fan.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

interface Checkout {
  readonly app: TestApp;
  readonly page: Page;
  readonly confirmed: () => Promise<number>;
}

const SIZES = { desktop: { width: 1_280, height: 800 }, phone: { width: 360, height: 640 } } as const;

/** A fan who stands before the payment page of a fresh order. */
const atTheTill = async (
  t: ExecutionContext,
  options: { readonly javaScriptEnabled?: boolean; readonly size?: keyof typeof SIZES } = {},
): Promise<Checkout | null> => {
  const shared = stage.of(t);
  if (shared === null) return null;
  const { app, browser } = shared;
  const eventId = await app.createEvent();
  const fan = await app.fan();
  const { order } = await fan.reachCheckout(eventId, ['A-1-1', 'A-1-2']);
  const context = await browser.newContext({
    javaScriptEnabled: options.javaScriptEnabled ?? true,
    viewport: SIZES[options.size ?? 'desktop'],
  });
  t.teardown(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A missing favicon is no fault of the page.
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(order.checkoutUrl);
  return {
    app,
    page,
    async confirmed() {
      const { tickets } = await fan.until(order.orderId, 'confirmed');
      t.deepEqual(complaints, [], 'the browser has nothing to complain about');
      return tickets.length;
    },
  };
};

const payWith = async (page: Page, card: string): Promise<void> => {
  await page.getByLabel('Card number').fill(card);
  await page.getByRole('button', { name: /^Pay/ }).click();
};

test.serial('a person pays with a card, and the order becomes tickets', async (t) => {
  const till = await atTheTill(t);
  if (till === null) return;
  const { page } = till;
  t.regex(await page.locator('h1').innerText(), /Noite de Teste: A-1-1, A-1-2/);
  t.regex(await page.locator('.amount').innerText(), /R\$500\.00/);
  await payWith(page, '4242 4242 4242 4242');
  await page.getByRole('status').getByText('Paid').waitFor();
  t.is(await page.locator('form').count(), 0, 'nothing is left to pay');
  t.is(await till.confirmed(), 2);
  await page.reload();
  await page.getByRole('status').waitFor();
});

test.serial('a person whose card is declined is told so, and pays with another', async (t) => {
  const till = await atTheTill(t);
  if (till === null) return;
  const { page } = till;
  await payWith(page, DECLINED_CARD);
  t.regex(await page.getByRole('alert').innerText(), /declined[\s\S]*another card/);
  await payWith(page, GOOD_CARD);
  await page.getByRole('status').waitFor();
  t.is(await till.confirmed(), 2);
});

test.serial('everything works without JavaScript, also the step of the bank', async (t) => {
  const till = await atTheTill(t, { javaScriptEnabled: false });
  if (till === null) return;
  const { page } = till;
  await payWith(page, DECLINED_CARD);
  await page.getByRole('alert').waitFor();
  await payWith(page, '4000002500003155');
  await page.getByRole('button', { name: 'Approve the payment' }).click();
  await page.getByRole('status').waitFor();
  t.is(await till.confirmed(), 2);
});

test.serial('the page is usable with the keyboard alone and fits a phone', async (t) => {
  const till = await atTheTill(t, { size: 'phone' });
  if (till === null) return;
  const { page } = till;
  await page.getByText('Test cards', { exact: true }).click();
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  t.true(Number(overflow) <= 0, `${String(overflow)} px too wide`);
  const gap = await page.evaluate(
    `Math.min(...[...document.querySelectorAll('tr')].map((row) =>
      row.querySelector('td').getBoundingClientRect().left - row.querySelector('code').getBoundingClientRect().right))`,
  );
  t.true(Number(gap) >= 8, `${String(gap)} px between a card and what it does`);
  const button = await page.getByRole('button', { name: /^Pay/ }).boundingBox();
  t.true((button?.height ?? 0) >= 40, 'large enough for a thumb');
  await page.reload();
  await eventually(async () => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.id'), 'card');
  });
  await page.keyboard.type(GOOD_CARD);
  await page.keyboard.press('Enter');
  await page.getByRole('status').waitFor();
  t.is(await till.confirmed(), 2);
});
