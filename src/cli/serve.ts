import closeWithGrace from 'close-with-grace';
import { startApp, type RunningApp } from '../app.ts';
import { readConfig, ROLES, type Role } from '../config.ts';
import { createLog } from '../infra/log.ts';
import { banner } from './banner.ts';
import { noteRun } from './run-note.ts';
import { parsed, UsageError } from './usage.ts';

/** Whatever hangs, the process is gone by then: Ctrl-C must end within 5 s. */
const EXIT_AFTER_MS = 4_800;

const rolesFrom = (text: string | undefined): readonly Role[] => {
  if (text === undefined) return ROLES;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(ROLES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new UsageError(`There is no role "${unknown.join('", "')}". Roles: ${ROLES.join(', ')}.`);
  return names as Role[];
};

/** Serves until it is told to stop. Resolves with 0 after an ordered stop, with 1 when the process could not go on. */
export const serveCommand = async (
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> => {
  const { values } = parsed({
    args: [...args],
    options: { role: { type: 'string' }, demo: { type: 'boolean', default: false } },
  });
  const config = readConfig(environment, rolesFrom(values.role));
  const log = createLog({ level: config.LOG_LEVEL });

  const breakOff = new AbortController();
  let starting: Promise<RunningApp> | null = null;
  let fatal: (reason: string) => void = () => undefined;
  let gaveUp = false;
  const ended = new Promise<number>((resolve) => {
    // Before the start, so that a signal during it does not leave a child behind.
    const grace = closeWithGrace({ delay: EXIT_AFTER_MS, logger: false }, async ({ err, signal }) => {
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
    fatal = (reason) => {
      log.fatal({ reason }, 'this process cannot go on');
      gaveUp = true;
      grace.close();
    };
  });

  starting = startApp({
    config,
    log,
    demo: values.demo,
    onFatal: (reason) => fatal(reason),
    breakOff: breakOff.signal,
  });
  const app = await starting.catch((error: unknown) => {
    if (breakOff.signal.aborted) return null;
    throw error;
  });
  if (app === null || breakOff.signal.aborted) return ended;
  try {
    await noteRun(config, app);
  } catch (error) {
    // Only the tools of this folder miss it; a node on a read-only disk serves all the same.
    log.warn({ err: error }, 'the note for rush and other tools could not be written');
  }
  process.stderr.write(banner(app));
  return ended;
};
