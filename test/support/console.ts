import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { mintToken } from '../../src/cli/token.ts';
import type { TestApp } from './app.ts';
import { ask } from './api.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds on the page, each with its first place; WCAG 2.2 AA and what its authors call good practice. */
export const axeFindings = async (page: Page): Promise<readonly string[]> =>
  page.evaluate(
    `(async () => {
      ${axeSource};
      const { violations } = await axe.run(document, { runOnly: ${JSON.stringify(RULES)} });
      return violations.map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 200));
    })()`,
  );

export interface ConsoleOptions {
  readonly role?: 'operator' | 'viewer';
  readonly path?: string;
  readonly scheme?: 'light' | 'dark';
  readonly locale?: string;
  readonly width?: number;
}

export interface ConsolePage {
  readonly page: Page;
  /** Everything the browser complained about. */
  readonly complaints: readonly string[];
}

/** A tab of the console, signed in. */
export const openConsole = async (
  t: Pick<ExecutionContext, 'teardown'>,
  app: TestApp,
  browser: Browser,
  { role = 'operator', path = '', scheme = 'light', locale = 'en-GB', width = 1_440 }: ConsoleOptions = {},
): Promise<ConsolePage> => {
  const context = await browser.newContext({
    locale,
    colorScheme: scheme,
    reducedMotion: 'reduce',
    viewport: { width, height: 1_000 },
  });
  t.teardown(() => context.close());
  const token = role === 'operator' ? app.operatorToken : await mintToken(app.settings, role, role);
  await context.addInitScript(`sessionStorage.setItem('catraca.operator', ${JSON.stringify(token)})`);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('console', (message) => void complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${app.url}/operator${path}`);
  await page.getByRole('navigation').waitFor();
  return { page, complaints };
};

export interface FanFrame {
  readonly serving: number;
  readonly ratePerMinute: number;
  readonly phase: string;
  readonly message?: { readonly text: string } | null;
}

/** What a fan's page reads of the line, by the public route. */
export const frameOf = async (app: TestApp, eventId: string): Promise<FanFrame> => {
  const reply = await ask<FanFrame>(app.url, 'GET', `/v1/events/${eventId}/line`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
};
