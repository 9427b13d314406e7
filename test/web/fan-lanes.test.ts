import assert from 'node:assert/strict';
import test from 'ava';
import type { TestApp } from '../support/app.ts';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { axeFindings } from '../support/console.ts';
import { PHONE, visit } from './fan-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

const DAY_MS = 86_400_000;
const STILL = { admission: { ratePerMinute: 0, insideMax: 100 } };
const CLUB = { id: 'club', name: 'Fã-clube', sharePercent: 30, access: 'code' };
const GENERAL = { id: 'general', name: 'Geral', sharePercent: 65, access: 'open' };
const ACCESSIBLE = { id: 'accessible', name: 'Acessível', sharePercent: 5, access: 'open' };
const PRESALE = { lanes: [{ ...CLUB, sharePercent: 100 }], ...STILL };
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

const codeFor = async (app: TestApp, eventId: string, order: object): Promise<string> => {
  const { status, text, body } = await app.operator<{ codes: string[] }>('POST', `/events/${eventId}/codes`, {
    count: 1,
    ...order,
  });
  assert.equal(status, 201, text);
  return body.codes[0] ?? '';
};

test.serial(
  'before the opening a fan hears what is missing, has the code kept, and joins its lane without it',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { app } = fan;
    const eventId = await app.createEvent({ ...PRESALE, opensAt: inDays(1) });
    const code = await codeFor(app, eventId, { lane: 'club' });
    const { page, complaints } = await visit(t, fan, PHONE);
    await page.goto(`${app.url}/e/${eventId}`);
    await page.getByText('One thing is still missing').waitFor();
    await page.getByText('This line is for those who have a code').waitFor();
    await page.getByText('You are signed in on this browser').waitFor();
    t.deepEqual(await axeFindings(page), []);
    // By the keyboard alone, as everything on this page.
    await page.getByLabel('Your access code').focus();
    await page.keyboard.type('WRONG-WRONG');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('This code is not of this event.').waitFor();
    t.deepEqual(await axeFindings(page), []);
    await page.getByLabel('Your access code').fill(code.toLowerCase().replaceAll('-', ' '));
    await page.keyboard.press('Enter');
    await page.getByText('Your code is good and kept for you: Fã-clube.').waitFor();
    await page.getByText('All is set.').waitFor();
    t.deepEqual(await axeFindings(page), []);
    t.is(
      (await app.operator<{ codes: { uses: number }[] }>('GET', `/events/${eventId}/codes`)).body.codes[0]
        ?.uses,
      1,
    );

    const late = await visit(t, fan);
    await late.page.goto(`${app.url}/e/${eventId}?code=${code}`);
    await late.page.getByRole('button', { name: 'Check my code' }).click();
    await late.page.getByRole('alert').getByText('Somebody else has used this code already.').waitFor();

    await page.reload();
    await page.getByText('Your code is good and kept for you: Fã-clube.').waitFor();
    await page.getByRole('button', { name: 'Join the line' }).click();
    await page.getByRole('heading', { name: 'You are in the line' }).waitFor();
    await page.getByText('Your lane: Fã-clube').waitFor();
    t.deepEqual(await axeFindings(page), []);
    t.deepEqual(complaints, []);
  },
);

test.serial(
  'each way in which a code may be wrong has its words, at the check and at the join',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { app } = fan;
    const eventId = await app.createEvent(PRESALE);
    const early = await codeFor(app, eventId, { lane: 'club', startsAt: inDays(2) });
    const expired = await codeFor(app, eventId, { lane: 'club', startsAt: inDays(-2), endsAt: inDays(-1) });
    const revoked = await codeFor(app, eventId, { lane: 'club', label: 'gone' });
    const { body } = await app.operator<{ codes: { codeId: string; label: string }[] }>(
      'GET',
      `/events/${eventId}/codes`,
    );
    const gone = body.codes.find(({ label }) => label === 'gone')?.codeId;
    t.is((await app.operator('POST', `/events/${eventId}/codes/${gone}/revocation`)).status, 200);
    const words = [
      [early, /^This code is good from .* on\. Come back then/],
      [expired, /^The time of this code is over/],
      [revoked, /^The organiser has withdrawn this code/],
      ['NOBODY-KNOWS', /^This code is not of this event/],
    ] as const;
    const { page, complaints } = await visit(t, fan);
    await page.goto(`${app.url}/e/${eventId}`);
    await page.getByRole('button', { name: 'Join the line' }).click();
    await page.getByRole('alert').getByText('This line is for those who have a code').waitFor();
    for (const button of ['Check my code', 'Join the line'])
      for (const [code, text] of words) {
        await page.getByLabel('Your access code').fill(code);
        await page.getByRole('button', { name: button }).click();
        await page.getByRole('alert').getByText(text).waitFor();
        t.is(await page.getByRole('alert').count(), 1, 'said once');
      }
    for (let guess = 0; guess < 12; guess += 1) {
      const { status } = await page.evaluate<{ status: number }>(`fetch('/v1/events/${eventId}/line/ready', {
      method: 'POST', headers: { 'content-type': 'application/json',
        authorization: 'Bearer ' + JSON.parse(localStorage.getItem('catraca.fan')).token },
      body: JSON.stringify({ code: 'GUESS-${guess}' }) }).then(({ status }) => ({ status }))`);
      if (status === 429) break;
    }
    await page.getByRole('button', { name: 'Check my code' }).click();
    await page
      .getByRole('alert')
      .getByText(/^Too many wrong codes came from here\. Wait \d+ min/)
      .waitFor();
    await page.getByRole('button', { name: 'Español' }).click();
    await page
      .getByRole('alert')
      .getByText(/^Llegaron demasiados códigos erróneos/)
      .waitFor();
    await page.getByRole('button', { name: 'Português' }).click();
    await page
      .getByRole('alert')
      .getByText(/^Vieram códigos errados demais daqui/)
      .waitFor();
    t.deepEqual(
      complaints.filter((text) => !/429/.test(text)),
      [],
    );
  },
);

test.serial('a code that comes with the address is in the field, and the join alone brings it', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent({ lanes: [GENERAL, { ...CLUB, sharePercent: 35 }], ...STILL });
  for (let other = 0; other < 3; other += 1) await (await app.fan()).join(eventId);
  const code = await codeFor(app, eventId, { lane: 'club' });
  const { page } = await visit(t, fan);
  await page.goto(`${app.url}/e/${eventId}?code=${code}`);
  await page.getByLabel('Your access code').waitFor();
  t.is(await page.getByLabel('Your access code').inputValue(), code);
  await page.getByRole('button', { name: 'Join the line' }).click();
  await page.getByText('Your lane: Fã-clube').waitFor();
  // Three stand in the other lane, and none of them in front.
  await page.locator('main').getByText('Nobody in front of you: you are next.').waitFor();
});

test.serial('of open lanes a fan chooses one, and counts within it', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent({ lanes: [{ ...GENERAL, sharePercent: 95 }, ACCESSIBLE], ...STILL });
  for (let other = 0; other < 3; other += 1) await (await app.fan()).join(eventId);
  const { page, complaints } = await visit(t, fan);
  await page.goto(`${app.url}/e/${eventId}`);
  await page.getByRole('radio', { name: 'Geral', checked: true }).waitFor();
  t.is(await page.getByLabel('Your access code').count(), 0, 'no lane here asks for a code');
  await page.getByRole('radio', { name: 'Acessível' }).check();
  t.deepEqual(await axeFindings(page), []);
  await page.getByRole('button', { name: 'Join the line' }).click();
  await page.getByText('Your lane: Acessível').waitFor();
  await page.locator('main').getByText('Nobody in front of you: you are next.').waitFor();
  t.deepEqual(complaints, []);
});

test.serial('the code of the box office lets a fan in past a line that asks nobody for codes', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent({ opensAt: inDays(1) });
  const code = await codeFor(app, eventId, { bypass: true });
  const plain = await visit(t, fan);
  await plain.page.goto(`${app.url}/e/${eventId}`);
  await plain.page.getByText('All is set.').waitFor();
  t.is(await plain.page.getByLabel('Your access code').count(), 0, 'nobody is asked for what is not needed');

  const { page } = await visit(t, fan);
  await page.goto(`${app.url}/e/${eventId}?code=${code}`);
  await page.getByRole('button', { name: 'Check my code' }).click();
  await page.getByText('you are let in past the line').waitFor();
  await page.goto(`${app.url}/e/${eventId}`);
  await page.getByText('you are let in past the line').waitFor();
  t.is((await app.operator('POST', `/events/${eventId}/phase`, { phase: 'open' })).status, 200);
  await page.getByRole('button', { name: 'Join the line' }).click();
  await page.getByRole('heading', { name: 'Choose your seats' }).waitFor();
});

test.serial('a check that nobody answered is told as such, and asked again', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent({ opensAt: inDays(1) });
  const { page } = await visit(t, fan);
  await page.route(/\/line\/ready/, (route) => route.fulfill({ status: 500, json: { code: 'internal' } }));
  await page.goto(`${app.url}/e/${eventId}`);
  await page.getByText('The server could not check it now.').waitFor();
  t.is(await page.getByText('All is set.').count(), 0);
  await page.unroute(/\/line\/ready/);
  await page.getByRole('button', { name: 'Check again' }).click();
  await page.getByText('All is set.').waitFor();
  t.is(await page.getByText('The server could not check it now.').count(), 0);
});
