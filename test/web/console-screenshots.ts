import { CONSOLE_SCREENS, openConsoleScreen, startCrowd } from './console-gallery.ts';
import type { GalleryEvents } from './gallery.ts';
import type { BrowserStage } from '../support/browser-stage.ts';
import type { Stage } from '../support/servers.ts';

/** Pictures of the console while a crowd buys, into `folder`; all, or those that are `wanted` by name. */
export const takeConsole = async (
  stage: Stage,
  fan: BrowserStage,
  events: Pick<GalleryEvents, 'arena' | 'presale'>,
  folder: string,
  wanted: readonly string[],
): Promise<void> => {
  const chosen = CONSOLE_SCREENS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  if (chosen.length === 0) return;
  await fan.app.operator('PATCH', `/events/${events.arena}/admission`, {
    ratePerMinute: 150,
    insideMax: 120,
  });
  const pages = [];
  for (const screen of chosen)
    pages.push({ ...screen, page: await openConsoleScreen(stage, fan, events, screen) });
  const [first] = pages;
  if (first === undefined) return;
  const settle = await startCrowd(fan, events.arena, (ms) => first.page.waitForTimeout(ms));
  for (const { name, page } of pages) {
    await page.bringToFront();
    // Hidden tabs wait until somebody looks at them; then they ask at once, and draw.
    await page.waitForTimeout(5_500);
    await page.screenshot({ path: `${folder}/${name}.png` });
    process.stdout.write(`${name}\n`);
  }
  await settle();
};
