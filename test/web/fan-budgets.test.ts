import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import test from 'ava';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { chooseSeats, comeInside, visit } from './fan-stage.ts';
import { eventually } from '../support/eventually.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', (t) => stage.open(t));
test.after.always('close the browser and the app', () => stage.end());

const KB = 1_024;

/** What a page has loaded, by its own account, in bytes as gzip makes them. */
const LOADED = `performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)
  .filter((path) => path.startsWith('/assets/') && path.endsWith('.js'))`;

const gzipped = (paths: readonly string[]): number =>
  [...new Set(paths)].reduce((sum, path) => sum + statSync(`dist/pages${path}.gz`).size, 0);

test.serial('the waiting page needs at most 30 KB of script, the page of the seats 80 KB', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { app } = fan;
  const still = await app.createEvent({ admission: { ratePerMinute: 0, insideMax: 100 } });
  const waiting = await visit(t, fan);
  await waiting.page.goto(`${app.url}/e/${still}`);
  await waiting.page.getByRole('button', { name: 'Join the line' }).click();
  await waiting.page.getByRole('heading', { name: 'You are in the line' }).waitFor();
  const small = gzipped(await waiting.page.evaluate<string[]>(LOADED));

  const lanes = [{ id: 'club', name: 'Club', sharePercent: 100, access: 'code' }];
  const presale = await app.createEvent({ admission: { ratePerMinute: 0, insideMax: 100 }, lanes });
  const made = await app.operator<{ codes: string[] }>('POST', `/events/${presale}/codes`, {
    lane: 'club',
    count: 1,
  });
  const coded = await visit(t, fan);
  await coded.page.goto(`${app.url}/e/${presale}?code=${made.body.codes[0]}`);
  await coded.page.getByRole('button', { name: 'Check my code' }).waitFor();
  await coded.page.getByRole('button', { name: 'Join the line' }).click();
  await coded.page.getByRole('heading', { name: 'You are in the line' }).waitFor();
  const door = gzipped(await coded.page.evaluate<string[]>(LOADED));
  await coded.page.reload();
  await coded.page.getByText('Your lane: Club').waitFor();
  const withCode = gzipped(await coded.page.evaluate<string[]>(LOADED));

  const open = await app.createEvent();
  const seats = await visit(t, fan);
  await comeInside(seats.page, app.url, open);
  await chooseSeats(seats.page, 'Cadeira A', '1', [1]);
  const large = gzipped(await seats.page.evaluate<string[]>(LOADED));

  t.log(
    `waiting page ${(small / KB).toFixed(1)} KB, from the door with a code ${(door / KB).toFixed(1)} KB, seats ${(large / KB).toFixed(1)} KB`,
  );
  t.true(small > 5 * KB && small <= 30 * KB, `${small} bytes`);
  t.true(withCode <= 30 * KB && withCode < door, `${withCode} bytes to wait in a lane`);
  // What is asked at the door is loaded there, and no part of the waiting.
  t.true(door <= 34 * KB, `${door} bytes from the door with a code`);
  t.true(large > small && large <= 80 * KB, `${large} bytes`);
});

test.serial('everything a page is made of is kept for ever, and comes from one origin', async (t) => {
  const fan = stage.of(t);
  if (fan === null) return;
  const { page } = await visit(t, fan);
  const loaded: { readonly origin: string; readonly pathname: string; readonly cache: string | undefined }[] =
    [];
  page.on('response', (response) => {
    const { origin, pathname } = new URL(response.url());
    loaded.push({ origin, pathname, cache: response.headers()['cache-control'] });
  });
  await page.goto(fan.app.url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await eventually(() => assert.ok(loaded.some(({ pathname }) => pathname.endsWith('.woff2'))));
  // What comes later, a poll say, is not waited for: the test would be over by then.
  const seen = [...loaded];
  for (const { origin, pathname } of seen) t.is(origin, fan.app.url, pathname);
  const assets = seen.filter(({ pathname }) => pathname.startsWith('/assets/'));
  for (const { pathname, cache } of assets) t.is(cache, 'public, max-age=31536000, immutable', pathname);
  t.true(assets.length > 4);
});
