import { readFile } from 'node:fs/promises';
import test from 'ava';
import type { Page } from 'playwright-core';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { axeFindings } from '../support/console.ts';
import { chooseSeats, comeInside, payWith, visit } from './fan-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

const buy = async (page: Page, url: string, eventId: string, seats: readonly number[]): Promise<void> => {
  await page.goto(url);
  await page.getByRole('button', { name: 'English' }).click();
  await comeInside(page, url, eventId);
  await chooseSeats(page, 'Cadeira A', '1', seats);
  await page.getByRole('button', { name: /^Reserve for/ }).click();
  await page.getByRole('button', { name: /^Pay (?:R\$|BRL)/ }).click();
  await payWith(page);
  await page.getByRole('link', { name: 'Back to the shop' }).click();
  await page.getByRole('heading', { level: 1, name: 'Your tickets are here!' }).waitFor();
};

test.serial(
  'a ticket is taken home as paper and into the calendar, in the language and zone of its reader',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const eventId = await fan.app.createEvent({ showAt: '2030-02-02T00:00:00Z', address: 'Rua da Aurora 1' });
    const { page, complaints } = await visit(t, fan, { locale: 'es-MX' });
    await buy(page, fan.app.url, eventId, [1, 2]);
    t.deepEqual(await axeFindings(page), []);
    const fetched = async (
      name: string,
      role: 'link' | 'button' = 'link',
    ): Promise<{ readonly name: string; readonly content: Buffer }> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole(role, { name }).first().click(),
      ]);
      return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
    };
    const paper = await fetched('Download as PDF');
    t.is(paper.name, 'A-1-1.pdf');
    t.is(paper.content.subarray(0, 5).toString(), '%PDF-');
    t.true(paper.content.length > 2_000);
    const all = await fetched('All tickets as one PDF', 'button');
    t.is(all.name, 'tickets.pdf');
    t.is(all.content.toString('latin1').match(/\/Type \/Page\b/g)?.length, 2);
    const entry = await fetched('Add to my calendar');
    t.regex(entry.content.toString(), /DTSTART:20300202T000000Z\r\n/);
    t.regex(entry.content.toString().replaceAll('\r\n ', ''), /LOCATION:Sala 1\\, Rua da Aurora 1\r\n/);
    t.deepEqual(complaints, []);
  },
);

test.serial(
  'an order is given back after a second word, and its page says that the money is on its way',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const eventId = await fan.app.createEvent({ refundsUntil: until });
    const { page, complaints } = await visit(t, fan);
    await buy(page, fan.app.url, eventId, [3]);
    await page.getByRole('button', { name: 'Give this order back' }).click();
    await page.getByRole('button', { name: 'No, keep them' }).click();
    t.is(await page.locator('.ticket').count(), 1);
    await page.getByRole('button', { name: 'Give this order back' }).click();
    t.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Português' }).click();
    await page.getByRole('button', { name: 'Sim, devolver' }).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Yes, give them back' }).click();
    await page.getByRole('heading', { level: 1, name: 'Refunded' }).waitFor();
    await page.getByText('The whole sum is on its way').waitFor();
    t.is(await page.locator('.ticket').count(), 0);
    await fan.app.seatIs(eventId, 'A-1-3', 'free');
    t.deepEqual(complaints, []);
  },
);

test.serial('where the event takes nothing back, nothing is offered', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { page } = await visit(t, fan);
  await buy(page, fan.app.url, await fan.app.createEvent(), [4]);
  t.is(await page.getByRole('button', { name: 'Give this order back' }).count(), 0);
});

test.serial(
  'my orders lists what this fan has ordered, also where the browser has forgotten it',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { page, complaints } = await visit(t, fan);
    await buy(page, fan.app.url, await fan.app.createEvent({ name: 'Noite Lembrada' }), [5, 6]);
    await page.evaluate(`localStorage.removeItem('catraca.orders')`);
    await page.goto(`${fan.app.url}/orders`);
    const entry = page.getByRole('listitem').filter({ hasText: 'Noite Lembrada' });
    await entry.getByText('2 seats · confirmed').waitFor();
    t.deepEqual(await axeFindings(page), []);
    await entry.getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: 'Your tickets are here!' }).waitFor();
    t.deepEqual(complaints, []);
  },
);
