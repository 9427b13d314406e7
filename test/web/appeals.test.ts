import assert from 'node:assert/strict';
import test from 'ava';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { axeFindings, openConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { visit } from './fan-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

test.serial(
  'who cannot do what the door asks appeals from the page, is let in from the console, and joins',
  async (t) => {
    const shared = stage.of(t);
    if (shared === null) return;
    const { app, browser } = shared;
    const eventId = await app.createEvent({
      joinProof: 'always',
      admission: { ratePerMinute: 0, insideMax: 10 },
    });
    // A browser that cannot solve the puzzle: what it would solve never comes.
    const { page } = await visit(t, shared);
    await page.route(/\/line\/puzzle/, (route) =>
      route.fulfill({ status: 404, json: { code: 'not_found' } }),
    );
    await page.goto(`${app.url}/e/${eventId}`);
    await page.getByRole('button', { name: 'Join the line' }).click();
    await page.getByRole('heading', { name: 'Ask a person' }).waitFor();
    t.deepEqual(await axeFindings(page), []);
    await page.getByLabel('What happened?').fill('My browser is old');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Your message was sent').waitFor();

    const desk = await openConsole(t, app, browser, { path: `/e/${eventId}` });
    await desk.page.getByRole('link', { name: '1 refused fan waits' }).click();
    await desk.page.getByText('My browser is old').waitFor();
    t.deepEqual(await axeFindings(desk.page), []);
    await desk.page.getByLabel('Note for the fan').fill('Welcome');
    await desk.page.getByRole('button', { name: 'Let in' }).click();
    await desk.page.getByText('Nobody waits for a decision.').waitFor();
    await desk.page.getByLabel('Also those decided').check();
    await desk.page.getByText('Welcome', { exact: false }).waitFor();

    await page.getByText('You are let in').first().waitFor();
    await page.getByText('Welcome').waitFor();
    t.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Join the line now' }).click();
    await page.getByRole('heading', { name: 'You are in the line' }).waitFor();
  },
);

test.serial('what a join must bring is turned in the console, and a viewer only sees it', async (t) => {
  const shared = stage.of(t);
  if (shared === null) return;
  const { app, browser } = shared;
  const eventId = await app.createEvent();
  const joinStatus = async (): Promise<number> => {
    const fan = await app.fan();
    return (await fan.ask('POST', `/v1/events/${eventId}/line`)).status;
  };
  t.is(await joinStatus(), 201);
  const { page } = await openConsole(t, app, browser, { path: `/e/${eventId}` });
  const group = page.getByRole('group', { name: 'Proof of work at the join' });
  await group.getByRole('button', { name: 'None', pressed: true }).waitFor();
  await group.getByRole('button', { name: 'Always' }).click();
  await group.getByRole('button', { name: 'Always', pressed: true }).waitFor();
  await eventually(async () => assert.equal(await joinStatus(), 403));
  const viewer = await openConsole(t, app, browser, { role: 'viewer', path: `/e/${eventId}` });
  const seen = viewer.page.getByRole('group', { name: 'Proof of work at the join' });
  await seen.getByRole('button', { name: 'Always', pressed: true }).waitFor();
  await seen.getByRole('button', { name: 'None' }).click({ force: true });
  t.is(await joinStatus(), 403);
  await group.getByRole('button', { name: 'Under pressure' }).click();
  await eventually(async () => assert.equal(await joinStatus(), 201));
});
