import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'ava';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { sharedBrowserStage } from '../support/browser-stage.ts';
import { PHONE, visit } from './fan-stage.ts';
import { createGalleryEvents, SCREENS, type GalleryEvents } from './gallery.ts';

const stage = sharedBrowserStage();
let events: GalleryEvents | null = null;
test.before('one browser, one app and events in every state for all', async (t) => {
  await stage.open(t);
  const opened = stage.peek();
  if (opened !== null) events = await createGalleryEvents(opened);
});
test.after.always('close the browser and the app', () => stage.end());

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 AA, and what axe calls best practice. */
const RUN = `axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', values:
  ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } })`;

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const violations = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  // As a debugger does it: the page's own policy lets nothing in.
  await page.evaluate(axe);
  const result = await page.evaluate<{ violations: readonly Violation[] }>(RUN);
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary ?? ''}`),
  );
};

for (const { name, options, open } of SCREENS) {
  test.serial(`the screen “${name}” has no barrier that axe knows, by day and by night`, async (t) => {
    const fan = stage.of(t);
    if (fan === null || events === null) return;
    const { page } = await visit(t, fan, options);
    await open(page, events, fan.app.url);
    // Axe needs scripts; what they would change is nothing here, for the page has none of its own.
    if (options?.javaScriptEnabled === false) {
      const { page: reader } = await visit(t, fan);
      await reader.setContent(await page.content());
      t.deepEqual(await violations(reader), []);
      return;
    }
    t.deepEqual(await violations(page), []);
    await page.emulateMedia({ colorScheme: 'dark' });
    t.deepEqual(await violations(page), []);
  });
}

for (const name of ['waiting-room', 'seat-map', 'basket']) {
  test.serial(`on a phone the screen “${name}” has no barrier that axe knows`, async (t) => {
    const fan = stage.of(t);
    if (fan === null || events === null) return;
    const { page } = await visit(t, fan, PHONE);
    await SCREENS.find((screen) => screen.name === name)?.open(page, events, fan.app.url);
    t.deepEqual(await violations(page), []);
  });
}

test.serial('a screen reader is told how many are in front now and then, not with every frame', async (t) => {
  const fan = stage.of(t);
  if (fan === null || events === null) return;
  const { app } = fan;
  const { page } = await visit(t, fan);
  await SCREENS.find((screen) => screen.name === 'waiting-room')?.open(page, events, app.url);
  const region = '.unseen[aria-live]';
  await page
    .locator(region)
    .getByText(/in front of you/)
    .waitFor({ state: 'attached' });
  await page.evaluate(`window.spoken = 0; new MutationObserver(() => { window.spoken += 1; })
    .observe(document.querySelector('${region}'), { subtree: true, characterData: true, childList: true })`);
  const before = await page.locator('.ahead-number').innerText();
  // Twenty frames a second call people one by one; the number on the page follows.
  await app.operator('PATCH', `/events/${events.waiting}/admission`, { ratePerMinute: 200 });
  await eventually(async () => {
    const now = Number(await page.locator('.ahead-number').innerText());
    if (now > Number(before) - 4) throw new Error(`still ${now} in front`);
  }, 20_000);
  t.true(Number(await page.evaluate('window.spoken')) <= 1);
});
