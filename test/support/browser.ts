import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import type { Stage } from './servers.ts';

/** The first has no window to draw, and takes a quarter less time for it. */
const PROGRAMS = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Chromium's own sandbox does not work for root, as whom tests run in containers; and it need not telephone home. */
const FLAGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The machine's own Chromium; none: the test says so and passes, but where everything is required that is a failure. */
export const openBrowser = async (stage: Stage): Promise<Browser | null> => {
  const executablePath = PROGRAMS.find((path) => existsSync(path));
  if (executablePath === undefined) {
    if (process.env['CI_REQUIRE_SERVERS'] === '1') throw new Error('Chromium is required and was not found');
    return null;
  }
  const downloads = await mkdtemp(join(tmpdir(), 'catraca-browser-'));
  stage.teardown(() => rm(downloads, { recursive: true, force: true, maxRetries: 5 }));
  const browser = await chromium.launch({ executablePath, args: FLAGS, downloadsPath: downloads });
  stage.teardown(() => browser.close());
  return browser;
};

export const NO_BROWSER = 'not run: no Chromium was found';
