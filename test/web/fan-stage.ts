import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { BrowserStage } from '../support/browser-stage.ts';
import { GOOD_CARD } from '../support/fan.ts';
import type { Stage } from '../support/servers.ts';

export const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser complained about: errors, refused by policy, missing files. */
  readonly complaints: readonly string[];
  /** Another tab of the same browser. */
  readonly tab: () => Promise<Page>;
  /** Happens at teardown as well. */
  readonly close: () => Promise<void>;
}

/** Refusals are answers, not faults: the browser reports each as a resource that failed. */
const EXPECTED = /the server responded with a status of (?:409|403|404)/;

/** Somebody with a browser of their own. Closed at teardown. */
export const visit = async (
  t: Pick<Stage, 'teardown'>,
  { browser }: Pick<BrowserStage, 'browser'>,
  options: BrowserContextOptions = {},
): Promise<Visitor> => {
  const context = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'America/Sao_Paulo',
    viewport: { width: 1_280, height: 860 },
    reducedMotion: 'reduce',
    ...options,
  });
  const close = async (): Promise<void> => {
    // A rewritten answer may be on its way; nobody waits for it any more.
    for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' });
    await context.close();
  };
  t.teardown(close);
  const complaints: string[] = [];
  const tab = async (): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    return page;
  };
  return { context, page: await tab(), complaints, tab, close };
};

/** Joins the line on the event's page and waits until the turnstile has opened. */
export const comeInside = async (page: Page, url: string, eventId: string): Promise<void> => {
  await page.goto(`${url}/e/${eventId}`);
  await page.getByRole('button', { name: 'Join the line' }).click();
  await page.getByRole('heading', { level: 1, name: 'Choose your seats' }).waitFor();
};

/** Chooses seats in the list, row by row as a keyboard would. */
export const chooseSeats = async (
  page: Page,
  section: string,
  row: string,
  seats: readonly number[],
): Promise<void> => {
  await page.getByRole('button', { name: new RegExp(`^${section}`) }).click();
  await page.getByRole('button', { name: new RegExp(`^Row ${row}\\b`) }).click();
  for (const seat of seats)
    await page.getByRole('button', { name: `Seat ${seat}, free`, exact: true }).click();
};

/** On the gateway's own page. */
export const payWith = async (page: Page, card: string = GOOD_CARD): Promise<void> => {
  await page.getByLabel('Card number').fill(card);
  await page.getByRole('button', { name: /^Pay/ }).click();
};
