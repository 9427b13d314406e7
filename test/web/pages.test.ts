import assert from 'node:assert/strict';
import test from 'ava';
import type { Browser } from 'playwright-core';
import { sharedStage, startTestApp, type TestApp } from '../support/app.ts';
import { NO_BROWSER, openBrowser } from '../support/browser.ts';

let shared: { readonly app: TestApp; readonly browser: Browser } | null = null;
let end = (): Promise<void> => Promise.resolve();

test.before('one browser and one app for all', async (t) => {
  const stage = sharedStage(t);
  end = () => stage.end();
  const browser = await openBrowser(stage);
  if (browser === null) return;
  const app = await startTestApp(stage, 'embedded');
  assert.ok(app !== null);
  await app.createEvent();
  shared = { app, browser };
});

test.after.always('close the browser and the app', () => end());

for (const [path, heading] of [
  ['/', 'On sale'],
  ['/operator', 'Console'],
] as const) {
  test.serial(`the built page ${path} runs under its own policy and asks nobody else`, async (t) => {
    if (shared === null) {
      t.log(NO_BROWSER);
      t.pass();
      return;
    }
    const { app, browser } = shared;
    const context = await browser.newContext({ locale: 'en-GB' });
    t.teardown(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    const hosts = new Set<string>();
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    await page.goto(`${app.url}${path}`);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    t.deepEqual(complaints, []);
    t.deepEqual([...hosts], [app.url]);
    t.is(await page.evaluate('document.documentElement.lang'), 'en');
    t.true(await page.evaluate('document.fonts.check("16px Archivo")'));
  });
}
