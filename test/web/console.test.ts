import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import type { TestApp } from '../support/app.ts';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { axeFindings, frameOf, openConsole, type ConsoleOptions } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';

const stage = sharedBrowserStage({ CHAOS: '1' });
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

interface Room {
  readonly app: TestApp;
  readonly eventId: string;
  readonly open: (options?: ConsoleOptions) => ReturnType<typeof openConsole>;
}

/** An event of its own, and the way to open the console. Null where no browser is to be had. */
const enter = async (t: ExecutionContext, change: object = {}): Promise<Room | null> => {
  const shared = stage.of(t);
  if (shared === null) return null;
  const { app, browser } = shared;
  const eventId = await app.createEvent(change);
  return { app, eventId, open: (options) => openConsole(t, app, browser, options) };
};

const admission = (ratePerMinute: number) => ({
  admission: { ratePerMinute, insideMax: 100, closedLoop: false },
});

interface Entry {
  readonly action: string;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
}

const auditOf = async (app: TestApp, target: string): Promise<readonly Entry[]> => {
  const { body } = await app.operator<{ entries: Entry[] }>('GET', '/audit');
  return body.entries.filter((entry) => entry.target === target && entry.action !== 'event.create');
};

const live = (page: Page) => page.getByRole('status').filter({ hasText: 'Live' }).waitFor();

const SCREENS = [
  '',
  '/e/EVENT',
  '/e/EVENT/edit',
  '/e/EVENT/appeals',
  '/new',
  '/system',
  '/money',
  '/audit',
] as const;

for (const scheme of ['light', 'dark'] as const) {
  test.serial(`axe finds nothing on any screen of the console, ${scheme}`, async (t) => {
    const room = await enter(t);
    if (room === null) return;
    const { page, complaints } = await room.open({ scheme });
    for (const screen of SCREENS) {
      await page.goto(`${room.app.url}/operator${screen.replace('EVENT', room.eventId)}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (screen === '/e/EVENT') await page.locator('.chart canvas').last().waitFor();
      t.deepEqual(await axeFindings(page), [], screen);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      t.true(Number(overflow) <= 0, `${screen} is ${String(overflow)} px too wide`);
    }
    t.deepEqual(complaints, []);
  });
}

test.serial('every screen fits a phone, in three languages', async (t) => {
  const room = await enter(t);
  if (room === null) return;
  for (const [locale, title] of [
    ['pt-BR', 'Auditoria'],
    ['en-GB', 'Audit'],
    ['es-MX', 'Auditoría'],
  ] as const) {
    const { page } = await room.open({ locale, width: 360 });
    for (const screen of SCREENS) {
      await page.goto(`${room.app.url}/operator${screen.replace('EVENT', room.eventId)}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      t.true(Number(overflow) <= 0, `${screen} in ${locale} is ${String(overflow)} px too wide`);
    }
    t.is(await page.getByRole('heading', { level: 1 }).innerText(), title);
  }
});

test.serial('an operator turns the rate, a fan’s frame moves, and undo turns it back', async (t) => {
  const room = await enter(t, admission(0));
  if (room === null) return;
  const { app, eventId } = room;
  const fan = await app.fan();
  const { number } = await fan.join(eventId);
  t.is((await frameOf(app, eventId)).serving, 0);

  const { page } = await room.open({ path: `/e/${eventId}` });
  await live(page);
  await page.getByText('Wait of the last in line').waitFor();
  await page.getByLabel('Exact ceiling a minute').fill('600');
  t.regex(await page.locator('.preview').innerText(), /the line stands[\s\S]*1 second/);
  t.is((await frameOf(app, eventId)).ratePerMinute, 0, 'looking at it changes nothing');
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('From 0 to 600 a minute').waitFor();
  await dialog.getByRole('button', { name: 'Apply' }).click();

  await eventually(async () => {
    const frame = await frameOf(app, eventId);
    assert.ok(frame.serving >= number, JSON.stringify(frame));
  });
  await page.getByText('In force: ceiling of 600 a minute').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Undone: ceiling of 0 a minute').waitFor();
  await eventually(async () => {
    const { body } = await app.operator<{ admission: { ratePerMinute: number } }>(
      'GET',
      `/events/${eventId}`,
    );
    assert.equal(body.admission.ratePerMinute, 0);
  });
  const [undone, done] = await auditOf(app, eventId);
  t.like(done, { before: { ratePerMinute: 0 }, after: { ratePerMinute: 600 } });
  t.like(undone, { before: { ratePerMinute: 600 }, after: { ratePerMinute: 0 } });
  await page.getByText('ratePerMinute').first().waitFor();
});

test.serial(
  'a planned ramp is in force, a number by hand puts it aside, and undo puts it back',
  async (t) => {
    const room = await enter(t, admission(600));
    if (room === null) return;
    const { app, eventId } = room;
    const { page } = await room.open({ path: `/e/${eventId}` });
    await live(page);
    await page.getByText('Planned ramp').click();
    await page.getByLabel('Points of the ramp').fill('0: 300\n0: 400');
    await page.getByText('“0: 400” was not understood.').waitFor();
    await page.getByLabel('Points of the ramp').fill('0: 300');
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Plan' }).click();
    await page.getByText('in force: 300 a minute').waitFor();
    await page.getByLabel('Exact ceiling a minute').fill('700');
    await page.getByRole('button', { name: 'Apply', exact: true }).click();
    await page.getByText('put aside by a number set by hand').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('in force: 300 a minute').waitFor();
    t.deepEqual(
      (await auditOf(app, eventId)).map(({ action }) => action),
      ['launch.plan', 'admission.turn', 'admission.turn', 'launch.plan'],
    );
  },
);

test.serial('what the operator tells everybody stands in the frame until it is taken back', async (t) => {
  const room = await enter(t);
  if (room === null) return;
  const { app, eventId } = room;
  const { page } = await room.open({ path: `/e/${eventId}` });
  await live(page);
  const told = async (): Promise<string | undefined> => (await frameOf(app, eventId)).message?.text;
  await page.getByLabel('Message to those who wait').fill('Doors at eight.');
  await page.getByRole('button', { name: 'Tell everybody' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Doors at eight.').waitFor();
  t.is(await told(), undefined);
  await dialog.getByRole('button', { name: 'Tell everybody' }).click();
  await eventually(async () => assert.equal(await told(), 'Doors at eight.'));
  await page.getByRole('button', { name: 'Take it back' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click();
  await eventually(async () => assert.equal(await told(), undefined));
});

test.serial('closing a sale takes two steps, and Escape takes none', async (t) => {
  const room = await enter(t);
  if (room === null) return;
  const { app, eventId } = room;
  const { page } = await room.open({ path: `/e/${eventId}` });
  await live(page);
  const close = page.getByRole('group', { name: 'Phase of the sale' }).getByRole('button', { name: 'Close' });
  await close.click();
  await page.getByRole('dialog', { name: 'Close the sale?' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  t.is((await frameOf(app, eventId)).phase, 'open');
  t.deepEqual(await auditOf(app, eventId), []);
  await close.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await eventually(async () => assert.equal((await frameOf(app, eventId)).phase, 'closed'));
  const acts = await auditOf(app, eventId);
  t.is(acts.length, 1, 'what was escaped from was not done');
  t.like(acts[0], { action: 'event.phase', after: { phase: 'closed' } });
});

test.serial('an actor is killed from the console, and is seen to come back', async (t) => {
  const room = await enter(t);
  if (room === null) return;
  const { app, eventId } = room;
  const fan = await app.fan();
  await fan.comeIn(eventId);
  await fan.hold(eventId, ['A-1-1']);
  const { page } = await room.open({ path: '/system' });
  const row = page.locator(`tr[data-path$="${eventId}/A"]`);
  t.regex(await row.innerText(), /Running/);
  await row.getByRole('button', { name: /^Kill/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Kill' }).click();
  await page.getByText(/\/A is back: seen running \d+ ms later \(1 restarts\)/).waitFor();
  await eventually(async () => assert.match(await row.innerText(), /Running[\s\S]*\t1/));
  t.like((await auditOf(app, `guardian/${eventId}/A`))[0], { action: 'actor.kill' });
  await fan.hold(eventId, ['A-1-2']);
});

test.serial('who may only look sees everything and can change nothing', async (t) => {
  const room = await enter(t);
  if (room === null) return;
  const { app, eventId } = room;
  const fan = await app.fan();
  await fan.comeIn(eventId);
  await fan.hold(eventId, ['A-1-1']);
  const { page } = await room.open({ role: 'viewer', path: `/e/${eventId}` });
  await live(page);
  await page.getByText('Your role is read only').waitFor();
  t.true(await page.getByLabel('Exact ceiling a minute').isDisabled());
  await page.getByRole('button', { name: 'Pause admission' }).click({ force: true });
  await page
    .getByRole('group', { name: 'Phase of the sale' })
    .getByRole('button', { name: 'Close' })
    .click({ force: true });
  t.is(await page.getByRole('dialog').count(), 0);
  await page.getByRole('link', { name: 'System' }).click();
  await page.locator(`tr[data-path$="${eventId}/A"]`).waitFor();
  t.is(await page.getByRole('button', { name: /^Kill/ }).count(), 0);
  t.deepEqual(await auditOf(app, eventId), []);
  t.is((await frameOf(app, eventId)).phase, 'open');
});

/** Tabs until the thing of that name has the focus. */
const tabTo = (page: Page, name: RegExp): Promise<void> =>
  eventually(async () => {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(
      `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? document.activeElement.id)`,
    );
    assert.match(String(focused), name);
  });

test.serial('admission is paused and the screens are walked with the keyboard alone', async (t) => {
  const room = await enter(t);
  if (room === null) return;
  const { app, eventId } = room;
  const { page } = await room.open({ path: `/e/${eventId}` });
  await live(page);
  await tabTo(page, /Pause admission/);
  await page.keyboard.press('Enter');
  await page.getByText('In force: admission paused').waitFor();
  await page.getByRole('button', { name: 'Resume admission' }).waitFor();
  await tabTo(page, /^Undo$/);
  await page.keyboard.press('Enter');
  await page.getByText('Undone: admission resumed').waitFor();
  t.is((await auditOf(app, eventId)).length, 2);
  await page.getByRole('link', { name: 'Money' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Money' }).waitFor();
  t.is(
    await page.evaluate('document.activeElement.tagName'),
    'H1',
    'the heading of the new screen has the focus',
  );
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Noite de Teste' }).waitFor();
});

test.serial('numbers that no longer come are called old', async (t) => {
  const room = await enter(t);
  if (room === null) return;
  const { page } = await room.open();
  const { text } = await room.app.operator('GET', `/events/${room.eventId}`);
  const body = `data: ${text}\n\n`;
  let heard = 0;
  await page.route('**/stream', async (route) => {
    heard += 1;
    await (heard === 1 ? route.fulfill({ contentType: 'text/event-stream', body }) : route.abort());
  });
  await page.goto(`${room.app.url}/operator/e/${room.eventId}`);
  await live(page);
  await page.getByRole('status').filter({ hasText: 'Old data' }).waitFor();
  t.true(heard > 1, 'the console asked again');
  await page.unroute('**/stream');
  await live(page);
});

test.serial('the last hour of an event outlives a reload of the page', async (t) => {
  const room = await enter(t);
  if (room === null) return;
  const { page } = await room.open({ path: `/e/${room.eventId}` });
  await live(page);
  const seen = `JSON.parse(sessionStorage.getItem('catraca.hour.${room.eventId}') ?? '[]')`;
  await page.reload();
  await live(page);
  const first = await page.evaluate(`${seen}[0]?.atMs`);
  t.is(typeof first, 'number');
  await page.reload();
  await live(page);
  t.is(await page.evaluate(`${seen}[0]?.atMs`), first);
});
