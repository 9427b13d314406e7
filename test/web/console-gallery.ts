import type { Page } from 'playwright-core';
import { openConsole, type ConsoleOptions } from '../support/console.ts';
import { DECLINED_CARD, GOOD_CARD, pay } from '../support/fan.ts';
import type { Stage } from '../support/servers.ts';
import type { GalleryEvents } from './gallery.ts';
import type { BrowserStage } from '../support/browser-stage.ts';

type ConsoleEvents = Pick<GalleryEvents, 'arena' | 'presale'>;

/** Every screen of the console that is worth a picture; `path` with the event's id for `EVENT`, that of one in lanes for `LANES`. */
export const CONSOLE_SCREENS: readonly (ConsoleOptions & { readonly name: string })[] = [
  { name: 'console-live', path: '/e/EVENT' },
  { name: 'console-live-dark', path: '/e/EVENT', scheme: 'dark', locale: 'en-GB' },
  { name: 'console-live-phone', path: '/e/EVENT', scheme: 'dark', width: 390 },
  { name: 'console-system', path: '/system', scheme: 'dark' },
  { name: 'console-money', path: '/money' },
  { name: 'console-audit', path: '/audit', locale: 'es-MX' },
  { name: 'console-appeals', path: '/e/EVENT/appeals' },
  { name: 'console-lanes', path: '/e/LANES/lanes', locale: 'en-GB' },
  { name: 'console-events', path: '' },
  { name: 'console-definition', path: '/e/EVENT/edit' },
];

/** The front is wanted more than the rest, as it is. */
const SECTIONS = ['A', 'A', 'A', 'B', 'B', 'C', 'I1', 'I3', 'S2', 'D'];
const FANS = 110;
const EVERY_MS = 220;

const buy = async ({ app }: BrowserStage, eventId: string, index: number): Promise<void> => {
  const fan = await app.fan();
  await fan.comeIn(eventId);
  const sectionId = SECTIONS[index % SECTIONS.length];
  const { status, body } = await fan.tryHold(
    eventId,
    index % 4 === 0 ? { sectionId: 'A', seatIds: [`A-1-${(index % 8) + 1}`] } : { sectionId, quantity: 4 },
  );
  // Somebody was quicker, or looks without buying.
  if (status !== 201 || index % 9 === 1) return;
  const order = await fan.order([body.holdId]);
  if (index % 11 !== 2) await pay(order, index % 7 === 3 ? DECLINED_CARD : GOOD_CARD);
};

/** A crowd comes to the event; resolves when all have come, with what waits for the last to be done. */
export const startCrowd = async (fan: BrowserStage, eventId: string, wait: (ms: number) => Promise<void>) => {
  const buying: Promise<unknown>[] = [];
  for (let index = 0; index < FANS; index += 1) {
    // Impatience is part of the picture, not a fault of it.
    buying.push(buy(fan, eventId, index).catch(() => undefined));
    await wait(EVERY_MS);
  }
  return () => Promise.all(buying);
};

/** A tab of the console on that screen. */
export const openConsoleScreen = async (
  stage: Stage,
  { app, browser }: BrowserStage,
  events: ConsoleEvents,
  options: ConsoleOptions,
): Promise<Page> => {
  const { page } = await openConsole(stage, app, browser, {
    locale: 'pt-BR',
    ...options,
    path: (options.path ?? '').replace('EVENT', events.arena).replace('LANES', events.presale),
  });
  return page;
};
