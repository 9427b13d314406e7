import assert from 'node:assert/strict';
import type { ExecutionContext } from 'ava';
import type { Browser } from 'playwright-core';
import { sharedStage, startTestApp, type TestApp } from './app.ts';
import { NO_BROWSER, openBrowser } from './browser.ts';
import type { Stage } from './servers.ts';

export interface BrowserStage {
  readonly app: TestApp;
  readonly browser: Browser;
}

/** The embedded app and one Chromium, or null where there is none. */
export const openBrowserStage = async (
  stage: Stage,
  settings: Readonly<Record<string, string>> = {},
): Promise<BrowserStage | null> => {
  const browser = await openBrowser(stage);
  if (browser === null) return null;
  const app = await startTestApp(stage, 'embedded', settings);
  assert.ok(app !== null);
  return { app, browser };
};

/** For hooks: opened before, ended after. `of` tells a test what there is; null means that it has said so and may return. */
export const sharedBrowserStage = (settings: Readonly<Record<string, string>> = {}) => {
  let opened: BrowserStage | null = null;
  let end = (): Promise<void> => Promise.resolve();
  return {
    async open(t: Pick<ExecutionContext, 'log'>): Promise<void> {
      const stage = sharedStage(t);
      end = () => stage.end();
      opened = await openBrowserStage(stage, settings);
    },
    end: () => end(),
    peek: (): BrowserStage | null => opened,
    of(t: ExecutionContext): BrowserStage | null {
      if (opened === null) {
        t.log(NO_BROWSER);
        t.pass();
      }
      return opened;
    },
  };
};
