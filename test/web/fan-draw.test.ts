import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import type { DrawDocument } from '../../src/domain/draw-proof.ts';
import { CHECK_TEXTS } from '../../web/fan/draw/check-texts.ts';
import { verify } from '../../web/fan/draw/verification.ts';
import { ask } from '../support/api.ts';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { axeFindings } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { PHONE, visit } from './fan-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

test.serial(
  'a fan who joined before the opening verifies the own number with one click, and a saved lie is seen',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { app } = fan;
    const eventId = await app.createEvent({
      opensAt: '2100-01-01T00:00:00Z',
      admission: { ratePerMinute: 0, insideMax: 10 },
    });
    const { page, complaints } = await visit(t, fan, PHONE);
    await page.goto(`${app.url}/e/${eventId}`);
    await page.getByRole('button', { name: 'Join the line' }).click();
    await page.getByRole('heading', { name: 'You are in the line' }).waitFor();
    for (let count = 0; count < 6; count += 1) await (await app.fan()).join(eventId);
    await page.getByRole('link', { name: 'Verify the draw' }).click();
    await page.getByText('The draw is open').waitFor();
    t.is((await app.operator('POST', `/events/${eventId}/phase`, { phase: 'open' })).status, 200);
    await eventually(async () => {
      const { body } = await ask<DrawDocument>(app.url, 'GET', `/v1/events/${eventId}/draw`);
      assert.equal(body.state, 'drawn');
    }, 20_000);

    await page.goto(`${app.url}/e/${eventId}`);
    await page.getByRole('link', { name: 'Verify the draw' }).click();
    await page.getByText('Nothing that was checked is wrong').first().waitFor();
    await page.getByText(/Your entry 1 is number \d of 7\./).waitFor();
    await page.getByText('the line says the same').waitFor();
    const leaf = page.getByRole('listitem').filter({ hasText: 'What you sent went into your entry' });
    t.regex((await leaf.innerText()).replaceAll('\n', ' '), /right/);
    t.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Check all 7 entries' }).click();
    const receipt = page.getByRole('listitem').filter({ hasText: 'Your receipt is in the chain' });
    await receipt.getByText('right', { exact: true }).waitFor();
    await page.getByLabel('Entry', { exact: true }).fill('3');
    await page.getByRole('button', { name: 'Compute its number' }).click();
    await page.getByText(/^Entry 3 is number \d of 7\./).waitFor();

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Save everything as a file' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    const bundle = JSON.parse(text) as Parameters<typeof verify>[0];
    const { checks } = verify(bundle, []);
    t.is(checks.length, 6);
    t.true(checks.every(({ name, kept }) => kept === true && name in CHECK_TEXTS));

    // Offline, from the file alone; then with a lie in it.
    await page.goto(`${app.url}/draw`);
    const file = page.getByLabel('Or open a saved draw');
    await file.waitFor();
    await page.context().setOffline(true);
    const opened = (content: string) =>
      file.setInputFiles({ name: 'draw.json', mimeType: 'application/json', buffer: Buffer.from(content) });
    await opened(text);
    await page.getByText(/Your entry 1 is number \d of 7\./).waitFor();
    await opened(JSON.stringify({ ...bundle, draw: { ...bundle.draw, secret: 'ab'.repeat(32) } }));
    await page.getByText('The draw is not what it was said to be').first().waitFor();
    await opened('{}');
    await page.getByText('This file is no draw.').waitFor();
    t.deepEqual(complaints, []);
  },
);

test.serial(
  'with lanes a fan verifies the draw of the own lane, and may look at those of the others',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { app } = fan;
    const eventId = await app.createEvent({
      opensAt: '2100-01-01T00:00:00Z',
      admission: { ratePerMinute: 0, insideMax: 10 },
      lanes: [
        { id: 'general', name: 'Geral', sharePercent: 60, access: 'open' },
        { id: 'accessible', name: 'Acessível', sharePercent: 40, access: 'open' },
      ],
    });
    const { page, complaints } = await visit(t, fan, PHONE);
    await page.goto(`${app.url}/e/${eventId}`);
    await page.getByRole('radio', { name: /^Acessível/ }).check();
    await page.getByRole('button', { name: 'Join the line' }).click();
    await page.getByText('Your lane: Acessível').waitFor();
    for (let count = 0; count < 3; count += 1) await (await app.fan()).join(eventId);
    t.is((await app.operator('POST', `/events/${eventId}/phase`, { phase: 'open' })).status, 200);
    await eventually(async () => {
      const { body } = await ask<DrawDocument>(app.url, 'GET', `/v1/events/${eventId}/lanes/accessible/draw`);
      assert.equal(body.state, 'drawn');
    }, 20_000);

    await page.goto(`${app.url}/e/${eventId}/draw`);
    await page.getByText('Your entry 1 is number 1 of 1.').waitFor();
    await page.getByText('the line says the same').waitFor();
    await page.getByRole('button', { name: 'Check the one entry' }).click();
    const receipt = page.getByRole('listitem').filter({ hasText: 'Your receipt is in the chain' });
    await receipt.getByText('right', { exact: true }).waitFor();
    t.deepEqual(await axeFindings(page), []);

    await page.getByRole('link', { name: 'Geral' }).click();
    await page.getByRole('button', { name: 'Check all 3 entries' }).click();
    await page.getByText('Nothing that was checked is wrong').first().waitFor();
    t.is(await page.getByText(/^Your entry/).count(), 0, 'the receipt is of another draw');
    t.deepEqual(complaints, []);
  },
);
