import test from 'ava';
import { sharedBrowserStage } from '../support/browser-stage.ts';

const stage = sharedBrowserStage();
test.before('one browser and one app for all', async (t) => {
  await stage.open(t);
  await stage.peek()?.app.createEvent();
});

test.after.always('close the browser and the app', () => stage.end());

for (const [path, heading] of [
  ['/', 'On sale'],
  ['/operator', 'Console'],
] as const) {
  test.serial(`the built page ${path} runs under its own policy and asks nobody else`, async (t) => {
    const shared = stage.of(t);
    if (shared === null) return;
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
