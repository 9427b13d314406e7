import test from 'ava';
import type { Page } from 'playwright-core';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { chooseSeats, comeInside, payWith, visit } from './fan-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

test.serial('two fans want one seat: one gets it, and the other sees it turn and is told', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent();
  const [one, two] = [await visit(t, fan), await visit(t, fan)];
  for (const { page } of [one, two]) {
    await comeInside(page, app.url, eventId);
    await chooseSeats(page, 'Cadeira A', '1', [7]);
  }
  await one.page.getByRole('button', { name: /^Reserve for/ }).click();
  await one.page.getByRole('heading', { name: 'Your reservation' }).waitFor();

  await two.page.getByText('Cadeira A, row 1, seat 7: somebody else has just taken it.').first().waitFor();
  await two.page.getByRole('button', { name: 'Seat 7, reserved' }).waitFor();
  t.is(await two.page.getByRole('button', { name: /^Reserve for/ }).count(), 0, 'it is no longer chosen');

  await two.page.getByRole('button', { name: 'Seat 8, free' }).click();
  await two.page.getByRole('button', { name: /^Reserve for/ }).click();
  for (const { page } of [one, two]) {
    await page.getByRole('button', { name: /^Pay R\$/ }).click();
    await payWith(page);
    await page.getByRole('link', { name: 'Back to the shop' }).click();
    await page.getByRole('heading', { name: 'Your tickets are here!' }).waitFor();
  }
  t.deepEqual([...one.complaints, ...two.complaints], []);
});

/** Reserves, and tells how it went. */
const reserve = async (page: Page): Promise<'mine' | 'told'> => {
  await page.getByRole('button', { name: /^Reserve for/ }).click();
  return Promise.race([
    page
      .getByRole('heading', { name: 'Your reservation' })
      .waitFor()
      .then(() => 'mine' as const),
    page
      .getByRole('alert')
      .getByText('Somebody else was quicker')
      .waitFor()
      .then(() => 'told' as const),
  ]);
};

test.serial('two fans press at the same moment: one has the seat, the other is told at once', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent();
  const both = [await visit(t, fan), await visit(t, fan)] as const;
  for (const { page } of both) {
    await comeInside(page, app.url, eventId);
    await chooseSeats(page, 'Cadeira B', '1', [5]);
  }
  const outcomes = await Promise.all(both.map(({ page }) => reserve(page)));
  t.deepEqual(outcomes.sort(), ['mine', 'told']);
});
