import test from 'ava';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { chooseSeats, payWith, PHONE, visit } from './fan-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name }).waitFor();

/** A line that calls nobody until it is told to. */
const STILL = { admission: { ratePerMinute: 0, insideMax: 1_000 } };

test.serial('a fan goes from the door to the tickets, and a reload at any step loses nothing', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent(STILL);
  const other = await app.fan();
  await other.join(eventId);
  const { page, complaints } = await visit(t, fan);

  await page.goto(`${app.url}/e/${eventId}`);
  await heading(page, 'Noite de Teste');
  await page.getByRole('button', { name: 'Join the line' }).click();
  await heading(page, 'You are in the line');
  const code = await page.getByRole('group', { name: 'Recovery code' }).innerText();
  t.regex(code, /^[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}$/);
  t.is(await page.locator('.ahead-number').innerText(), '1');
  await page.reload();
  await heading(page, 'You are in the line');
  t.is(await page.getByRole('group', { name: 'Recovery code' }).innerText(), code);

  await app.operator('PATCH', `/events/${eventId}/admission`, { ratePerMinute: 60_000 });
  await heading(page, 'Choose your seats');
  await page.reload();
  await heading(page, 'Choose your seats');

  await chooseSeats(page, 'Cadeira A', '1', [4, 5]);
  await page.getByRole('button', { name: /^Reserve for/ }).click();
  await page.getByRole('heading', { name: 'Your reservation' }).waitFor();
  await page.reload();
  await page.getByText('Cadeira A, row 1, seat 4').first().waitFor();
  await page.getByRole('button', { name: 'I need more time' }).click();
  await page.getByText('extended once already').waitFor();

  await page.getByRole('button', { name: /^Pay R\$/ }).click();
  await page.getByLabel('Card number').waitFor();
  await page.goBack();
  await heading(page, 'Still to be paid');
  await page.reload();
  await page.getByRole('link', { name: 'Go to the payment' }).click();
  await payWith(page);
  await page.getByRole('link', { name: 'Back to the shop' }).click();
  await heading(page, 'Your tickets are here!');
  await page.reload();
  await heading(page, 'Your tickets are here!');

  t.is(await page.getByRole('img', { name: /^Code of the ticket/ }).count(), 2);
  const drawn = 'document.querySelector(".ticket img").naturalWidth';
  t.true(Number(await page.evaluate(drawn)) > 0, 'the code is a picture that has loaded');
  await page.getByRole('link', { name: 'My orders' }).first().click();
  await page.getByRole('link', { name: /Noite de Teste/ }).click();
  await heading(page, 'Your tickets are here!');
  t.deepEqual(complaints, []);
});

test.serial('a second tab is the same fan: the same place, the same seats, one basket', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent(STILL);
  const { page, tab, complaints } = await visit(t, fan);
  await page.goto(`${app.url}/e/${eventId}`);
  await page.getByRole('button', { name: 'Join the line' }).click();
  const code = await page.getByRole('group', { name: 'Recovery code' }).innerText();
  const second = await tab();
  await second.goto(`${app.url}/e/${eventId}`);
  t.is(await second.getByRole('group', { name: 'Recovery code' }).innerText(), code);

  await app.operator('PATCH', `/events/${eventId}/admission`, { ratePerMinute: 60_000 });
  await heading(page, 'Choose your seats');
  await second.bringToFront();
  await heading(second, 'Choose your seats');
  await second.getByRole('button', { name: /^Pista/ }).click();
  await second.getByRole('button', { name: 'Reserve 2 seats' }).click();
  await second.getByRole('heading', { name: 'Your reservation' }).waitFor();
  await page.bringToFront();
  await page.getByRole('heading', { name: 'Your reservation' }).waitFor();
  await page.getByRole('button', { name: /^Give back/ }).click();
  await page.getByRole('heading', { name: 'Your reservation' }).waitFor({ state: 'detached' });
  await second.bringToFront();
  await second.getByRole('heading', { name: 'Your reservation' }).waitFor({ state: 'detached' });
  t.deepEqual(complaints, []);
});

/** Presses Tab until what is wanted has the focus, as somebody without a mouse does. */
const tabTo = async (page: Page, name: RegExp): Promise<void> => {
  for (let step = 0; step < 120; step += 1) {
    await page.keyboard.press('Tab');
    const focused = String(
      await page.evaluate(
        'document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.innerText ?? ""',
      ),
    );
    if (name.test(focused)) return;
  }
  throw new Error(`the keyboard never reaches ${name}`);
};

const pressOn = async (page: Page, name: RegExp): Promise<void> => {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
};

test.serial('the whole journey is made with the keyboard alone, and the focus goes along', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const eventId = await app.createEvent();
  const { page } = await visit(t, fan);
  const focusedHeading = () => page.evaluate('document.activeElement?.tagName');
  await page.goto(`${app.url}/e/${eventId}`);
  await heading(page, 'Noite de Teste');
  await page.keyboard.press('Tab');
  t.is(await page.evaluate('document.activeElement?.innerText'), 'Skip to the content');
  await pressOn(page, /^Join the line/);
  await heading(page, 'Choose your seats');
  t.is(await focusedHeading(), 'H1', 'a new screen is where the focus is');
  await pressOn(page, /^Cadeira B/);
  await pressOn(page, /^Row 1/);
  await pressOn(page, /^Seat 3, free/);
  await pressOn(page, /^Reserve for/);
  await page.getByRole('heading', { name: 'Your reservation' }).waitFor();
  await pressOn(page, /^Pay R\$/);
  await page.getByLabel('Card number').waitFor();
  await page.keyboard.press('Tab');
  await page.getByLabel('Card number').focus();
  await page.keyboard.type('4242424242424242');
  await page.keyboard.press('Enter');
  await page.getByRole('status').getByText('Paid').waitFor();
  await pressOn(page, /^Back to the shop/);
  await heading(page, 'Your tickets are here!');
  t.pass();
});

test.serial(
  'on a phone nothing is wider than the window, and a finger on the map chooses a seat',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { app } = fan;
    const eventId = await app.createEvent();
    const { page, complaints } = await visit(t, fan, { ...PHONE, colorScheme: 'dark' });
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
    await page.goto(`${app.url}/e/${eventId}`);
    await heading(page, 'Noite de Teste');
    t.is(await overflow(), 0);
    await page.getByRole('button', { name: 'Join the line' }).tap();
    await heading(page, 'Choose your seats');
    t.is(await overflow(), 0);

    const map = page.getByRole('img', { name: /^Map of the seats/ });
    // The map goes where the list is; a section of one row then lies in the middle of the window.
    await page.getByRole('button', { name: /^Cadeira A/ }).tap();
    await map.scrollIntoViewIfNeeded();
    const seats = page.getByText('1 seat chosen', { exact: true });
    await eventually(async () => {
      const box = await map.boundingBox();
      if (box === null) throw new Error('there is no map');
      if ((await seats.count()) === 0)
        await page.touchscreen.tap(box.x + box.width / 2 + 6, box.y + box.height / 2);
      if ((await seats.count()) === 0) throw new Error('no seat is chosen');
    });
    await seats.first().waitFor();
    t.is(await overflow(), 0);
    await page.getByRole('button', { name: /^Reserve for/ }).tap();
    await page.getByRole('heading', { name: 'Your reservation' }).waitFor();
    await page.getByRole('button', { name: /^Pay R\$/ }).tap();
    await payWith(page);
    await page.getByRole('link', { name: 'Back to the shop' }).tap();
    await heading(page, 'Your tickets are here!');
    t.is(await overflow(), 0);
    t.deepEqual(complaints, []);
  },
);

test.serial(
  'the page speaks Portuguese, English and Spanish, remembers which, and tells the browser',
  async (t) => {
    const fan = stage.of(t);
    if (fan === null) return;
    const { app } = fan;
    const eventId = await app.createEvent();
    const { page, complaints } = await visit(t, fan, { locale: 'pt-BR' });
    await page.goto(`${app.url}/e/${eventId}`);
    await page.getByRole('button', { name: 'Entrar na fila' }).waitFor();
    t.true((await page.locator('.prices .price').first().innerText()).includes('250,00'));
    for (const [name, lang, join] of [
      ['English', 'en', 'Join the line'],
      ['Español', 'es', 'Entrar en la fila'],
      ['Português', 'pt-BR', 'Entrar na fila'],
    ] as const) {
      await page.getByRole('button', { name }).click();
      await page.getByRole('button', { name: join }).waitFor();
      t.is(await page.evaluate('document.documentElement.lang'), lang);
      await page.reload();
      await page.getByRole('button', { name: join }).waitFor();
    }
    t.deepEqual(complaints, []);
  },
);
