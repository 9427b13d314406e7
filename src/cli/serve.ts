import closeWithGrace from 'close-with-grace';
import { startApp, type RunningApp } from '../app.ts';
import { StartError } from '../app/start-error.ts';
import { openWorkerLink, type WorkerLink } from '../app/workers/link.ts';
import { startWorkers } from '../app/workers/start.ts';
import { readConfig, ROLES, type Role } from '../config.ts';
import { createLog } from '../infra/log.ts';
import { banner } from './banner.ts';
import { noteRun } from './run-note.ts';
import { parsed, UsageError } from './usage.ts';

/** Whatever hangs, the process is gone by then: Ctrl-C must end within 5 s. */
const EXIT_AFTER_MS = 4_800;

/** A terminal and a service manager send them to every process of a group; a worker is stopped by who keeps it. */
const KEEPERS_SIGNALS: ('SIGINT' | 'SIGTERM' | 'SIGHUP')[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const rolesFrom = (text: string | undefined): readonly Role[] => {
  if (text === undefined) return ROLES;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(ROLES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new UsageError(`There is no role "${unknown.join('", "')}". Roles: ${ROLES.join(', ')}.`);
  return names as Role[];
};

/** The keeper of a worker says it once for all of them. */
const cannotStart = async (error: unknown, link: WorkerLink | null): Promise<never> => {
  if (link === null || !(error instanceof StartError)) throw error;
  await link.cannotStart(error.message);
  return process.exit(1);
};

/** Serves until it is told to stop. Resolves with 0 after an ordered stop, with 1 when the process could not go on. */
export const serveCommand = async (
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> => {
  const { values } = parsed({
    args: [...args],
    options: {
      role: { type: 'string' },
      demo: { type: 'boolean', default: false },
      workers: { type: 'string' },
      // Of a process that another one keeps: its number.
      worker: { type: 'string' },
    },
  });
  const link = values.worker === undefined ? null : openWorkerLink(Number(values.worker));
  if (values.worker !== undefined && link === null)
    throw new UsageError('--worker is for processes that --workers starts.');
  const counted = values.workers === undefined ? {} : { WORKERS: values.workers };
  const config = readConfig({ ...environment, ...counted }, rolesFrom(values.role));
  const log = createLog({ level: config.LOG_LEVEL });

  const breakOff = new AbortController();
  let starting: Promise<RunningApp> | null = null;
  let fatal: (reason: string) => void = () => undefined;
  let gaveUp = false;
  const ended = new Promise<number>((resolve) => {
    // Before the start, so that a signal during it does not leave a child behind.
    const skip = link === null ? [] : KEEPERS_SIGNALS;
    const grace = closeWithGrace({ delay: EXIT_AFTER_MS, logger: false, skip }, async ({ err, signal }) => {
      if (err === undefined) log.info({ signal }, 'stopping');
      else log.fatal({ err }, 'stopping after an error that nobody caught');
      breakOff.abort();
      // Also a start that is under way: the embedded PostgreSQL would outlive this process.
      const app = await starting?.catch(() => null);
      await app?.stop();
      log.info('stopped');
      resolve(err === undefined && !gaveUp ? 0 : 1);
      // It ends the process itself, with 0 unless this rejects; a runner would take that for an end that was wanted.
      if (gaveUp) throw new Error('gave up');
    });
    link?.onStop(() => grace.close());
    fatal = (reason) => {
      log.fatal({ reason }, 'this process cannot go on');
      gaveUp = true;
      grace.close();
    };
  });

  // The sandbox is one process whatever is said: its ledger is one file.
  const many = config.WORKERS > 1 && config.roles.some((role) => role !== 'sandbox');
  const start = many && link === null ? startWorkers : startApp;
  starting = start({
    config,
    log,
    demo: values.demo,
    onFatal: (reason) => fatal(reason),
    breakOff: breakOff.signal,
    together: link,
  });
  const app = await starting.catch((error: unknown) => {
    if (breakOff.signal.aborted) return null;
    return cannotStart(error, link);
  });
  if (app === null || breakOff.signal.aborted) return ended;
  if (link !== null) {
    link.ready(app);
    return ended;
  }
  try {
    await noteRun(config, app);
  } catch (error) {
    // Only the tools of this folder miss it; a node on a read-only disk serves all the same.
    log.warn({ err: error }, 'the note for rush and other tools could not be written');
  }
  process.stderr.write(banner(app));
  return ended;
};
