// Takes a picture of every screen in docs/screenshots/: `npm run screenshots`, or some by name: `npm run screenshots -- seat-map`.
import { mkdir } from 'node:fs/promises';
import { sharedStage } from '../support/app.ts';
import { takeConsole } from './console-screenshots.ts';
import { PHONE, visit } from './fan-stage.ts';
import { createGalleryEvents, SCREENS, type GalleryEvents, type Screen } from './gallery.ts';
import { openBrowserStage, type BrowserStage } from '../support/browser-stage.ts';

const FOLDER = 'docs/screenshots';
/** Screens whose look on a phone, at night, is worth a picture of its own. */
const ON_PHONE = [
  'before-the-opening',
  'ready',
  'waiting-room',
  'seat-map',
  'section',
  'basket',
  'tickets',
  'verified-draw',
];

const stage = sharedStage({ log: (() => undefined) as never });

const take = async (
  fan: BrowserStage,
  events: GalleryEvents,
  { name, options, open }: Screen,
  phone: boolean,
): Promise<void> => {
  const { page, close } = await visit(stage, fan, {
    ...options,
    ...(phone ? { ...PHONE, colorScheme: 'dark' } : { viewport: { width: 1_280, height: 800 } }),
  });
  await open(page, events, fan.app.url);
  await page.evaluate('document.fonts.ready');
  // What the page computes within its first second belongs to the picture.
  await page.waitForTimeout(1_200);
  await page.screenshot({ path: `${FOLDER}/${name}${phone ? '-phone' : ''}.png` });
  await close();
};

const wanted = process.argv.slice(2);
const chosen = SCREENS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const fan = await openBrowserStage(stage, { CHAOS: '1', RECONCILE_EVERY_MS: '3000' });
try {
  if (fan === null) throw new Error('There is no Chromium here: apt-get install chromium.');
  await mkdir(FOLDER, { recursive: true });
  const events = await createGalleryEvents(fan);
  for (const screen of chosen) {
    await take(fan, events, screen, false);
    if (ON_PHONE.includes(screen.name)) await take(fan, events, screen, true);
    process.stdout.write(`${screen.name}\n`);
  }
  await takeConsole(stage, fan, events, FOLDER, wanted);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await stage.end();
}
