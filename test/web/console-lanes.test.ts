import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { ask } from '../support/api.ts';
import type { TestApp } from '../support/app.ts';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { axeFindings, openConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

interface Lane {
  readonly id: string;
  readonly name: string;
  readonly sharePercent: number;
  readonly access: string;
}

const GENERAL: Lane = { id: 'general', name: 'Geral', sharePercent: 70, access: 'open' };
const CLUB: Lane = { id: 'club', name: 'Fã-clube', sharePercent: 30, access: 'code' };
const STILL = { admission: { ratePerMinute: 0, insideMax: 100 } };

const lanesIn = async (app: TestApp, eventId: string): Promise<readonly Lane[] | undefined> => {
  const reply = await app.operator<{ lanes?: Lane[] }>('GET', `/events/${eventId}/definition`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body.lanes;
};

test.serial(
  'lanes are made with an event, and go out to a file and in again with its definition',
  async (t) => {
    const shared = stage.of(t);
    if (shared === null) return;
    const { app, browser } = shared;
    const { page, complaints } = await openConsole(t, app, browser, { path: '/new' });
    await page.getByLabel('Name').first().fill('Noite em Faixas');
    await page.getByLabel('Venue').fill('Sala 2');
    const section = page.getByRole('group', { name: 'Section A' });
    await section.getByLabel('Price').fill('50');
    await section.getByLabel('Name').fill('Plateia');
    await page.getByRole('button', { name: 'Another lane' }).click();
    const first = page.getByRole('group', { name: 'Lane lane-1' });
    await first.getByLabel('Share in %').fill('70');
    await first.getByLabel('Code of the lane').fill('general');
    await page.getByRole('group', { name: 'Lane general' }).getByLabel('Name').fill('Geral');
    await page.getByText('The shares add up to 70 %; they must add up to 100 %.').waitFor();
    await page.getByRole('button', { name: 'Another lane' }).click();
    const second = page.getByRole('group', { name: 'Lane lane-2' });
    t.is(await second.getByLabel('Share in %').inputValue(), '30', 'what is left of the whole');
    await second
      .getByLabel('Who may stand in it')
      .selectOption({ label: 'Whoever has a code or an invitation' });
    await second.getByLabel('Code of the lane').fill('club');
    await page.getByRole('group', { name: 'Lane club' }).getByLabel('Name').fill('Fã-clube');
    await page.getByText('The shares add up to 100 %.').waitFor();
    t.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Create the event' }).click();
    await page.getByRole('heading', { level: 1, name: 'Noite em Faixas' }).waitFor();
    const made = page.url().split('/').at(-1) ?? '';
    t.deepEqual(await lanesIn(app, made), [GENERAL, CLUB]);

    await page.getByRole('link', { name: 'Edit the event' }).click();
    await page.getByRole('button', { name: 'Save' }).waitFor();
    await page.getByRole('heading', { level: 1, name: 'Noite em Faixas' }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ]);
    const path = await download.path();
    t.deepEqual((JSON.parse(await readFile(path, 'utf8')) as { lanes: Lane[] }).lanes, [GENERAL, CLUB]);
    await page.goto(`${app.url}/operator/new`);
    await page.locator('input[type=file]').setInputFiles(path);
    await page.getByRole('group', { name: 'Lane Fã-clube' }).waitFor();
    await page.getByRole('button', { name: 'Create the event' }).click();
    await page.getByRole('link', { name: 'Edit the event' }).waitFor();
    const again = page.url().split('/').at(-1) ?? '';
    t.not(again, made);
    t.deepEqual(await lanesIn(app, again), [GENERAL, CLUB]);
    t.deepEqual(complaints, []);
  },
);

test.serial('shares are turned while the line runs, and fans see the lanes as they are now', async (t) => {
  const shared = stage.of(t);
  if (shared === null) return;
  const { app, browser } = shared;
  const eventId = await app.createEvent({ lanes: [GENERAL, CLUB], ...STILL });
  const { page, complaints } = await openConsole(t, app, browser, { path: `/e/${eventId}` });
  await page.getByRole('link', { name: 'Lanes and codes' }).click();
  await page.getByRole('heading', { level: 1, name: 'Lanes and codes' }).waitFor();
  const general = page.getByRole('group', { name: 'Lane Geral' });
  t.true(await general.getByLabel('Code of the lane').isDisabled(), 'people stand in it by its place');
  t.is(await page.getByRole('button', { name: /^Take lane/ }).count(), 0);
  await general.getByLabel('Share in %').fill('60');
  await page.getByText('The shares add up to 90 %; they must add up to 100 %.').waitFor();
  await page.getByRole('button', { name: 'Apply the lanes' }).click({ force: true });
  t.deepEqual(await lanesIn(app, eventId), [GENERAL, CLUB], 'shares of 90 % are not sent');
  await page.getByRole('button', { name: 'Another lane' }).click();
  await page.getByRole('group', { name: 'Lane lane-3' }).getByLabel('Name').fill('Acessível');
  t.deepEqual(await axeFindings(page), []);
  await page.getByRole('button', { name: 'Apply the lanes' }).click();
  await page.getByText('In force within a second, on every node.').waitFor();
  const now = [
    { ...GENERAL, sharePercent: 60 },
    CLUB,
    { id: 'lane-3', name: 'Acessível', sharePercent: 10, access: 'open' },
  ];
  t.deepEqual(await lanesIn(app, eventId), now);
  await eventually(async () => {
    const { body } = await ask<{ lanes: Lane[] }>(app.url, 'GET', `/v1/events/${eventId}/line`);
    assert.deepEqual(
      body.lanes.map(({ sharePercent }) => sharePercent),
      [60, 30, 10],
    );
  });
  t.deepEqual(complaints, []);

  const viewer = await openConsole(t, app, browser, { role: 'viewer', path: `/e/${eventId}/lanes` });
  const seen = viewer.page.getByRole('group', { name: 'Lane Geral' });
  t.true(await seen.getByLabel('Share in %').isDisabled());
  t.is(await viewer.page.getByRole('button', { name: /Apply|Make codes/ }).count(), 0);
});
