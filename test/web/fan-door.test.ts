import test from 'ava';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { visit } from './fan-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

test.serial(
  'a line that asks for proof of work gets it from the page, and the fan waits like all others',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { app } = fan;
    const eventId = await app.createEvent({
      joinProof: 'always',
      admission: { ratePerMinute: 0, insideMax: 100 },
    });
    const { page, complaints } = await visit(t, fan);
    await page.goto(`${app.url}/e/${eventId}`);
    await page.getByRole('button', { name: 'Join the line' }).click();
    await page.getByRole('heading', { name: 'You are in the line' }).waitFor();
    t.deepEqual(complaints, []);
  },
);

test.serial('without JavaScript a fan joins and waits; with it, the same place goes on', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent({ admission: { ratePerMinute: 0, insideMax: 100 } });
  const plain = await visit(t, fan, { javaScriptEnabled: false });
  await plain.page.goto(`${app.url}/e/${eventId}`);
  await plain.page.waitForURL(/plain=1/);
  await plain.page.getByRole('button', { name: 'Join the line' }).click();
  await plain.page.getByRole('heading', { name: 'You are in the line' }).waitFor();
  const code = await plain.page.locator('.code').innerText();
  await plain.page.reload();
  t.is(await plain.page.locator('.code').innerText(), code);

  const scripted = await visit(t, fan);
  await scripted.context.addCookies(await plain.context.cookies());
  await scripted.page.goto(`${app.url}/e/${eventId}`);
  t.is(await scripted.page.getByRole('group', { name: 'Recovery code' }).innerText(), code);

  await app.operator('PATCH', `/events/${eventId}/admission`, { ratePerMinute: 60_000 });
  await scripted.page.getByRole('heading', { name: 'Choose your seats' }).waitFor();
  await plain.page.reload();
  await plain.page.getByRole('heading', { name: 'It is your turn!' }).waitFor();
  t.deepEqual(scripted.complaints, []);
});

test.serial('the message of the operator is shown to those who wait', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent({ admission: { ratePerMinute: 0, insideMax: 100 } });
  const { page } = await visit(t, fan);
  await page.goto(`${app.url}/e/${eventId}`);
  await page.getByRole('button', { name: 'Join the line' }).click();
  await page.getByRole('heading', { name: 'You are in the line' }).waitFor();
  const told = await app.operator('POST', `/events/${eventId}/message`, { text: 'Abrimos mais um setor!' });
  t.true(told.status < 300, told.text);
  await page.getByText('Abrimos mais um setor!').waitFor();
});
