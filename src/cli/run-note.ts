import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningApp } from '../app.ts';
import type { Config } from '../config.ts';

/** What the tools of this folder (rush, verify) need to find the server that runs from it. */
export interface RunNote {
  readonly pid: number;
  readonly url: string | null;
  readonly sandboxUrl: string | null;
  readonly databaseUrl: string | null;
}

const fileOf = (config: Pick<Config, 'CATRACA_DATA_DIR'>): string =>
  join(config.CATRACA_DATA_DIR, 'run.json');

/** Leaves the note in the data folder; readable by its owner alone, because a database URL may carry a password. */
export const noteRun = async (config: Pick<Config, 'CATRACA_DATA_DIR'>, app: RunningApp): Promise<void> => {
  const note: RunNote = {
    pid: process.pid,
    url: app.url,
    sandboxUrl: app.sandboxUrl,
    databaseUrl: app.databaseUrl,
  };
  await mkdir(config.CATRACA_DATA_DIR, { recursive: true, mode: 0o711 });
  const file = fileOf(config);
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.${process.pid}`, file);
};

/** The last server that was started from this data folder; null if there was none. */
export const readRunNote = async (config: Pick<Config, 'CATRACA_DATA_DIR'>): Promise<RunNote | null> => {
  try {
    return JSON.parse(await readFile(fileOf(config), 'utf8')) as RunNote;
  } catch {
    return null;
  }
};
