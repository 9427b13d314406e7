import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { definition, type TestApp } from '../support/app.ts';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { axeFindings, openConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

interface Definition {
  readonly name: string;
  readonly opensAt: string;
  readonly limits: { readonly seatsPerFan: number };
  readonly sections: readonly {
    readonly id: string;
    readonly name: string;
    readonly priceMinor: number;
    readonly rows?: readonly { readonly name: string; readonly seats: number }[];
    readonly capacity?: number;
  }[];
}

const definitionIn = async (app: TestApp, eventId: string): Promise<Definition> => {
  const reply = await app.operator<Definition>('GET', `/events/${eventId}/definition`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
};

test.serial('an event is made from rows and an area, and what is wrong is told where it is', async (t) => {
  const shared = stage.of(t);
  if (shared === null) return;
  const { app, browser } = shared;
  const { page, complaints } = await openConsole(t, app, browser, { path: '/new' });
  t.deepEqual(await axeFindings(page), []);
  await page.getByLabel('Name').first().fill('Noite Nova');
  await page.getByLabel('Venue').fill('Sala 2');
  const first = page.getByRole('group', { name: 'Section A' });
  await first.getByLabel('Name').fill('Plateia');
  const stalls = page.getByRole('group', { name: 'Section Plateia' });
  await stalls.getByLabel('Price').fill('120,50');
  await stalls.getByLabel('Rows').fill('1-3: 10\nnonsense');
  await stalls.getByText('“nonsense” was not understood.').waitFor();
  await stalls.getByLabel('Rows').fill('1-3: 10\nA: 4');
  await page.getByRole('button', { name: 'Another section' }).click();
  const second = page.getByRole('group', { name: 'Section B' });
  await second.getByLabel('Kind').selectOption({ label: 'Area without seats' });
  await second.getByLabel('Capacity').fill('300');
  await second.getByLabel('Price').fill('60');
  await second.getByLabel('Code of the section').fill('A');
  await page.getByRole('group', { name: 'Section A' }).getByLabel('Name').fill('Pista');
  await page.getByText('2 sections, 334 seats').waitFor();
  await page.getByRole('button', { name: 'Create the event' }).click();
  await page.getByText('section ids must differ').waitFor();
  await page.getByRole('group', { name: 'Section Pista' }).getByLabel('Code of the section').fill('P');
  await page.getByRole('button', { name: 'Create the event' }).click();
  await page.getByRole('heading', { level: 1, name: 'Noite Nova' }).waitFor();
  const made = await definitionIn(app, page.url().split('/').at(-1) ?? '');
  t.deepEqual(made.sections, [
    {
      id: 'A',
      name: 'Plateia',
      priceMinor: 12_050,
      rows: [
        { name: '1', seats: 10 },
        { name: '2', seats: 10 },
        { name: '3', seats: 10 },
        { name: 'A', seats: 4 },
      ],
    },
    { id: 'P', name: 'Pista', priceMinor: 6_000, capacity: 300 },
  ]);
  // The browser tells of each refused request; that one was wanted.
  t.deepEqual(
    complaints.filter((text) => !/400/.test(text)),
    [],
  );
});

test.serial('a definition taken out of the console makes the same event when it is brought in', async (t) => {
  const shared = stage.of(t);
  if (shared === null) return;
  const { app, browser } = shared;
  const show = { showAt: '2030-02-01T23:00:00.000Z', doorsAt: '2030-02-01T21:00:00.000Z', address: 'Rua 1' };
  const eventId = await app.createEvent({ lateMoney: { reseat: true }, ...show });
  const { page } = await openConsole(t, app, browser, { path: `/e/${eventId}/edit` });
  await page.getByRole('heading', { level: 1, name: 'Noite de Teste' }).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ]);
  t.is(download.suggestedFilename(), 'noite-de-teste.json');
  const path = await download.path();
  t.like(JSON.parse(await readFile(path, 'utf8')), {
    ...definition(),
    ...show,
    opensAt: '2020-01-01T00:00:00.000Z',
  });

  await page.goto(`${app.url}/operator/new`);
  const file = page.locator('input[type=file]');
  await file.setInputFiles({
    name: 'x.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{"name":1}'),
  });
  await page.getByText('This file is not the definition of an event.').waitFor();
  await file.setInputFiles(path);
  await page.getByText('Noite de Teste stands in the form').waitFor();
  await page.getByRole('button', { name: 'Create the event' }).click();
  await page.getByRole('link', { name: 'Edit the event' }).waitFor();
  const again = page.url().split('/').at(-1) ?? '';
  t.not(again, eventId);
  t.deepEqual(await definitionIn(app, again), await definitionIn(app, eventId));
});

test.serial(
  'prices and limits are edited while it sells, holds keep their price, the opening stays',
  async (t) => {
    const shared = stage.of(t);
    if (shared === null) return;
    const { app, browser } = shared;
    const eventId = await app.createEvent();
    const fan = await app.fan();
    await fan.comeIn(eventId);
    const before = await fan.hold(eventId, ['A-1-1']);
    const { page } = await openConsole(t, app, browser, { path: `/e/${eventId}/edit`, scheme: 'dark' });
    const section = page.getByRole('group', { name: 'Section Cadeira A' });
    await section.getByLabel('Price').fill('300.00');
    t.true(await section.getByLabel('Rows').isDisabled());
    t.deepEqual(await axeFindings(page), []);
    await page.getByLabel('Seats a fan').fill('2');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    t.like(await definitionIn(app, eventId), { limits: { seatsPerFan: 2 } });
    const after = await fan.hold(eventId, ['A-1-2']);
    t.deepEqual([before.amountMinor, after.amountMinor], [25_000, 30_000]);
    t.is((await fan.tryHold(eventId, { sectionId: 'A', seatIds: ['A-1-3'] })).body.code, 'fan_limit');
    t.is((await fan.order([before.holdId])).amountMinor, 25_000);

    await page.getByLabel('Opens at').fill('2030-01-01T12:00');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('its opening cannot be moved').waitFor();
    t.is((await definitionIn(app, eventId)).opensAt, '2020-01-01T00:00:00.000Z');
    await eventually(async () => {
      const { body } = await app.operator<{ entries: { action: string; before: object; after: object }[] }>(
        'GET',
        '/audit',
      );
      const [edit] = body.entries.filter(({ action }) => action === 'event.edit');
      assert.deepEqual(
        [edit?.before, edit?.after].map((one) => Object(one)['A.priceMinor']),
        [25_000, 30_000],
      );
    });
  },
);

test.serial(
  'when the show is and until when tickets go back is set, shown to fans, and taken back',
  async (t) => {
    const shared = stage.of(t);
    if (shared === null) return;
    const { app, browser } = shared;
    const eventId = await app.createEvent();
    const { page } = await openConsole(t, app, browser, { path: `/e/${eventId}/edit` });
    await page.getByRole('heading', { level: 1, name: 'Noite de Teste' }).waitFor();
    await page.getByLabel('Doors open at').fill('2030-02-01T19:00');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/Impossible times/).waitFor();
    t.is(Object(await definitionIn(app, eventId)).doorsAt, undefined);
    await page.getByLabel('Begins at').fill('2030-02-01T21:00');
    await page.getByLabel('Address').fill('Rua da Aurora 1, Recife');
    await page.getByLabel('Refunds until').fill('2030-01-20T12:00');
    t.deepEqual(await axeFindings(page), []);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    const iso = (local: string): Promise<string> =>
      page.evaluate<string>(`new Date('${local}').toISOString()`);
    t.like(await definitionIn(app, eventId), {
      showAt: await iso('2030-02-01T21:00'),
      doorsAt: await iso('2030-02-01T19:00'),
      address: 'Rua da Aurora 1, Recife',
      refundsUntil: await iso('2030-01-20T12:00'),
    });
    await eventually(async () => {
      await page.goto(`${app.url}/e/${eventId}`);
      await page.getByText('Rua da Aurora 1, Recife').waitFor({ timeout: 2_000 });
    });
    await page.goto(`${app.url}/operator/e/${eventId}/edit`);
    await page.getByLabel('Refunds until').fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    t.is(Object(await definitionIn(app, eventId)).refundsUntil, undefined);
  },
);

test.serial(
  'an event is not edited before its definition has come, which would overwrite what was typed',
  async (t) => {
    const shared = stage.of(t);
    if (shared === null) return;
    const { app, browser } = shared;
    const eventId = await app.createEvent();
    const { page } = await openConsole(t, app, browser, { path: '/new' });
    let letCome = (): void => undefined;
    const come = new Promise<void>((resolve) => {
      letCome = resolve;
    });
    await page.route(/\/definition$/, async (route) => {
      await come;
      await route.continue();
    });
    await page.goto(`${app.url}/operator/e/${eventId}/edit`);
    await page.getByRole('heading', { level: 1, name: 'Event' }).waitFor();
    t.is(await page.getByRole('button', { name: 'Save' }).count(), 0);
    t.is(await page.getByLabel('Refunds until').count(), 0);
    letCome();
    await page.getByRole('heading', { level: 1, name: 'Noite de Teste' }).waitFor();
    t.is(await page.getByRole('button', { name: 'Save' }).count(), 1);
  },
);

test.serial('who may only look can take a definition out and change none', async (t) => {
  const shared = stage.of(t);
  if (shared === null) return;
  const { app, browser } = shared;
  const eventId = await app.createEvent();
  const { page } = await openConsole(t, app, browser, { role: 'viewer', path: `/e/${eventId}/edit` });
  await page.getByRole('heading', { level: 1, name: 'Noite de Teste' }).waitFor();
  t.true(await page.getByLabel('Venue').isDisabled());
  t.is(await page.getByRole('button', { name: 'Save' }).count(), 0);
  t.is(await page.getByRole('button', { name: 'Export' }).count(), 1);
});
