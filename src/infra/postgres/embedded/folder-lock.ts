import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, startMark } from './processes.ts';

export interface FolderLock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly mark: string;
}

const ATTEMPTS = 20;

const parse = (text: string): Holder | null => {
  const [pid, mark] = text.trim().split(' ');
  return pid === undefined || !/^\d+$/.test(pid) ? null : { pid: Number(pid), mark: mark ?? '' };
};

const isHeld = (holder: Holder | null): holder is Holder =>
  holder !== null &&
  isAlive(holder.pid) &&
  // The id of a dead holder may have been given to somebody else since.
  (holder.mark === '' || holder.mark === startMark(holder.pid));

/**
 * Makes this process the only Catraca on a data folder. A lock left by a killed process is taken over.
 * @throws Error with one sentence when a living process holds it.
 */
export const lockFolder = async (folder: string): Promise<FolderLock> => {
  const path = join(folder, 'catraca.lock');
  const mine = `${process.pid} ${startMark(process.pid)}`;
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, mine);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        // A hard link appears with its content and only if nobody else's is there, in one step.
        await link(draft, path);
        return {
          async release() {
            if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
          },
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = parse(await readFile(path, 'utf8').catch(() => ''));
      if (isHeld(holder)) {
        throw new Error(
          `The data folder ${folder} is in use by another Catraca (process ${holder.pid}): stop it, or set CATRACA_DATA_DIR to another folder.`,
        );
      }
      await discardStale(path);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new Error(`The lock ${path} could not be taken: others keep taking and losing it.`);
};

/** Moved aside before it is judged a second time: between our look and our removal another may have taken the lock. */
const discardStale = async (path: string): Promise<void> => {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (isHeld(parse(await readFile(aside, 'utf8')))) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
};
