import test from 'ava';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { PHONE, visit } from './fan-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

test.serial(
  'a place goes from a phone to a laptop by its code; the phone is told, and can take it back',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { app } = fan;
    const eventId = await app.createEvent({ admission: { ratePerMinute: 0, insideMax: 100 } });
    await (await app.fan()).join(eventId);
    const phone = await visit(t, fan, PHONE);
    await phone.page.goto(`${app.url}/e/${eventId}`);
    await phone.page.getByRole('button', { name: 'Join the line' }).click();
    const codeOf = (page: typeof phone.page) =>
      page.getByRole('group', { name: 'Recovery code' }).innerText();
    const code = await codeOf(phone.page);

    const laptop = await visit(t, fan);
    await laptop.page.goto(`${app.url}/e/${eventId}`);
    await laptop.page.getByText('I have a recovery code').click();
    const enter = async (page: typeof phone.page, text: string) => {
      await page.getByLabel('Recovery code').fill(text);
      await page.getByRole('button', { name: 'Go on here' }).click();
    };
    await enter(laptop.page, 'not a code');
    await laptop.page.getByRole('alert').getByText('This code is not of this line.').waitFor();
    await enter(laptop.page, code.toLowerCase().replaceAll('-', ' '));
    await laptop.page.getByRole('heading', { name: 'You are in the line' }).waitFor();
    t.is(await laptop.page.locator('.ahead-number').innerText(), '1');
    const next = await codeOf(laptop.page);
    t.not(next, code);

    await phone.page.getByRole('heading', { name: 'Your place goes on on another device' }).waitFor();
    await phone.page.reload();
    await phone.page.getByRole('heading', { name: 'Your place goes on on another device' }).waitFor();
    await enter(phone.page, code);
    await phone.page.getByRole('alert').getByText('This code was used before.').waitFor();

    await enter(phone.page, next);
    await phone.page.getByRole('heading', { name: 'You are in the line' }).waitFor();
    await laptop.page.getByRole('heading', { name: 'Your place goes on on another device' }).waitFor();
    await app.operator('PATCH', `/events/${eventId}/admission`, { ratePerMinute: 60_000 });
    await phone.page.getByRole('heading', { name: 'Choose your seats' }).waitFor();
    t.deepEqual([...phone.complaints, ...laptop.complaints], []);
  },
);
