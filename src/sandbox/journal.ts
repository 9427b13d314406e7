import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Journal {
  /** Resolves when the line is on the disk. Rejects for good once a write has failed: see `createJournal`. */
  append(line: string): Promise<void>;
  /** Flushes what was appended and closes the file. */
  close(): Promise<void>;
}

const FILE = 'ledger.jsonl';

/** For a sandbox without a folder: everything is forgotten at the end. */
export const memoryJournal: Journal = {
  append: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

const isJson = (line: string): boolean => {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
};

/**
 * Replays every whole line and returns the length that holds them. A last line that is torn (the process died while
 * writing it, so its answer never left) is dropped; a broken line with others after it means a damaged file: throws.
 */
const replayFile = async (file: FileHandle, replay: (line: string) => void): Promise<number> => {
  let wholeBytes = 0;
  let pending: string | null = null;
  let lineNumber = 0;
  const take = (line: string): void => {
    lineNumber += 1;
    if (!isJson(line)) throw new Error(`${FILE} is damaged at line ${lineNumber}`);
    replay(line);
    wholeBytes += Buffer.byteLength(line) + 1;
  };
  const input = file.createReadStream({ start: 0, autoClose: false });
  for await (const line of createInterface({ input, crlfDelay: 0 })) {
    if (pending !== null) take(pending);
    pending = line;
  }
  const { size } = await file.stat();
  // The last line counts only with its line end: without it nobody knows whether more was to come.
  if (pending !== null && size === wholeBytes + Buffer.byteLength(pending) + 1 && isJson(pending)) {
    take(pending);
  }
  return wholeBytes;
};

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const createAppender = (file: FileHandle): Journal => {
  let waiting: Waiting[] = [];
  let broken: Error | null = null;
  let draining: Promise<void> | null = null;

  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      if (broken !== null) throw broken;
      await file.appendFile(`${batch.map((entry) => entry.line).join('\n')}\n`);
      await file.datasync();
      for (const entry of batch) entry.resolve();
    } catch (error) {
      // After a failed write the file may end in half a line; anything behind it would be lost at the next start.
      broken = error as Error;
      for (const entry of batch) entry.reject(broken);
    }
  };

  // What arrives while one batch is on its way to the disk makes up the next: one flush serves hundreds of answers.
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await writeBatch(batch);
    }
    draining = null;
  };

  return {
    append: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ line, resolve, reject });
        draining ??= drain();
      }),
    async close() {
      await draining;
      await file.close();
    },
  };
};

/**
 * Opens (or makes) the append-only journal in `folder` and replays it. One process at a time may have it open. When a
 * write fails, that append and every later one rejects: nothing that is not on the disk may be called done.
 */
export const openJournal = async (folder: string, replay: (line: string) => void): Promise<Journal> => {
  await mkdir(folder, { recursive: true });
  const file = await open(join(folder, FILE), 'a+');
  try {
    await file.truncate(await replayFile(file, replay));
    return createAppender(file);
  } catch (error) {
    await file.close();
    throw error;
  }
};
