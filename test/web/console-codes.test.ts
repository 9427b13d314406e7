import test from 'ava';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { axeFindings, openConsole } from '../support/console.ts';
import { visit } from './fan-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

const GENERAL = { id: 'general', name: 'Geral', sharePercent: 70, access: 'open' };
const CLUB = { id: 'club', name: 'Fã-clube', sharePercent: 30, access: 'code' };
const STILL = { admission: { ratePerMinute: 0, insideMax: 100 } };

test.serial('codes are made, told once, watched in use, and withdrawn after a second word', async (t) => {
  const shared = stage.of(t);
  if (shared === null) return;
  const { app, browser } = shared;
  const eventId = await app.createEvent({ lanes: [GENERAL, CLUB], ...STILL });
  const { page, complaints } = await openConsole(t, app, browser, { path: `/e/${eventId}/lanes` });
  await page.getByText('No codes yet.').waitFor();
  const form = page.getByRole('group', { name: 'Make codes' });
  await form.getByLabel('Label').fill('Newsletter');
  await form.getByLabel('How many').fill('3');
  await form.getByLabel('Fans a code').fill('2');
  await form.getByLabel('Good until').fill('2035-01-01T12:00');
  await form.getByRole('button', { name: 'Make codes' }).click();
  await page.getByText('3 codes made').waitFor();
  const codes = (await page.getByLabel('The new codes').inputValue()).split('\n');
  t.is(new Set(codes).size, 3);
  t.is(await page.getByRole('row', { name: /Newsletter Fã-clube 0 of 2 until/ }).count(), 3);
  t.deepEqual(await axeFindings(page), []);

  const fan = await visit(t, shared);
  await fan.page.goto(`${app.url}/e/${eventId}?code=${codes[0]}`);
  await fan.page.getByRole('button', { name: 'Join the line' }).click();
  await fan.page.getByText('Your lane: Fã-clube').waitFor();

  await form.getByLabel('What for').selectOption({ label: 'Past the line' });
  await form.getByLabel('Label').fill('Box office');
  await form.getByLabel('Fans a code').fill('');
  await form.getByLabel('Or codes of your own').fill('BILHETERIA-1');
  await form.getByRole('button', { name: 'Make codes' }).click();
  await page.getByText('1 code made').waitFor();
  await page.getByText('Codes: 4 · uses: 1 · let past the line: 0').waitFor();
  await page.getByRole('row', { name: /Newsletter Fã-clube 1 of 2/ }).waitFor();
  await form.getByLabel('Or codes of your own').fill('abc');
  await form.getByRole('button', { name: 'Make codes' }).click();
  await page
    .getByRole('alert')
    .getByText(/6 to 64/)
    .waitFor();

  await page.reload();
  await page.getByRole('row', { name: /^Box office Past the line 0 until/ }).waitFor();
  t.false((await page.content()).includes('BILHETERIA'), 'no code is told a second time');
  await page.getByRole('button', { name: 'Withdraw the code Box office' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Withdraw the code Box office' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
  await page.getByRole('row', { name: /^Box office .* withdrawn/ }).waitFor();
  const late = await visit(t, shared);
  await late.page.goto(`${app.url}/e/${eventId}?code=BILHETERIA-1`);
  await late.page.getByRole('button', { name: 'Join the line' }).click();
  await late.page.getByRole('alert').getByText('The organiser has withdrawn this code.').waitFor();
  t.deepEqual(
    complaints.filter((text) => !/400/.test(text)),
    [],
  );
});

test.serial(
  'whoever is invited joins the lane without a code, until the invitation is taken back',
  async (t) => {
    const shared = stage.of(t);
    if (shared === null) return;
    const { app, browser } = shared;
    const eventId = await app.createEvent({ lanes: [{ ...CLUB, sharePercent: 100 }], ...STILL });
    const fan = await app.fan();
    const ready = async (): Promise<boolean> =>
      (await fan.ask<{ ready: boolean }>('GET', `/v1/events/${eventId}/line/ready`)).body.ready;
    t.false(await ready());
    const { page } = await openConsole(t, app, browser, { path: `/e/${eventId}/lanes` });
    await page.getByLabel('Fans and networks').fill(`${fan.fanId}\n203.0.113.0/24`);
    await page.getByRole('button', { name: 'Apply', exact: true }).click();
    await page.getByText('2 invitations changed.').waitFor();
    t.true(await ready());
    await page
      .getByRole('combobox', { name: 'Lane', exact: true })
      .selectOption({ label: 'Take the invitation back' });
    await page.getByLabel('Fans and networks').fill(fan.fanId);
    await page.getByRole('button', { name: 'Apply', exact: true }).click();
    await page.getByText('1 invitation changed.').waitFor();
    t.false(await ready());
    await page.getByLabel('Fans and networks').fill('nobody');
    await page.getByRole('button', { name: 'Apply', exact: true }).click();
    await page
      .getByRole('alert')
      .getByText(/invalid_request/)
      .waitFor();
  },
);
