import { readFileSync } from 'node:fs';

/** Field 22 of `/proc/<pid>/stat` (start time), counted from the state that follows the parenthesised name. */
const START_TIME_FIELD = 19;

interface ProcStat {
  readonly state: string;
  readonly startTime: string;
}

const procStat = (pid: number): ProcStat | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTime: fields[START_TIME_FIELD] ?? '' };
  } catch {
    return null;
  }
};

/**
 * Whether a process with this id runs. A zombie counts as dead: where nothing reaps orphans (a container without an
 * init) a killed server would otherwise seem to live for ever.
 */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return process.platform !== 'linux' || procStat(pid)?.state !== 'Z';
};

/** Tells two processes with the same id apart; '' where the system does not say. */
export const startMark = (pid: number): string => procStat(pid)?.startTime ?? '';

/** The command line of a process, null where the system does not say or the process is gone. */
export const commandLine = (pid: number): string | null => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return null;
  }
};

/** Sends a signal; a process that is gone already is no error. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

export const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));

/** Repeats `probe` until it answers something other than null; null when `withinMs` have passed. */
export const poll = async <T>(
  probe: () => T | null | Promise<T | null>,
  withinMs: number,
): Promise<T | null> => {
  const until = performance.now() + withinMs;
  for (;;) {
    const answer = await probe();
    if (answer !== null || performance.now() >= until) return answer;
    await pause(25);
  }
};
