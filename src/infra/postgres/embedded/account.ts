import { createHash } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The account that PostgreSQL runs as; null: our own. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const ROOT = 0;
/** What Debian, Alpine and Fedora call it, if /etc/passwd says nothing. */
const NOBODY: Account = { uid: 65_534, gid: 65_534 };

/** PostgreSQL refuses to run as root; as root it runs as `nobody`, otherwise as ourselves. */
export const serverAccount = (): Account | null => {
  if (process.getuid?.() !== ROOT) return null;
  try {
    const [, , uid, gid] = /^nobody:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
    return uid === undefined || gid === undefined ? NOBODY : { uid: Number(uid), gid: Number(gid) };
  } catch {
    return NOBODY;
  }
};

/** Options for child_process: the account, and a folder that everybody may stand in (ours may be closed to it). */
export const spawnAs = (account: Account | null): { cwd?: string; uid?: number; gid?: number } =>
  account === null ? {} : { cwd: '/', ...account };

/** Whether `account` may pass through every folder on the way to and including `folder`. */
export const canReach = async (folder: string, account: Account): Promise<boolean> => {
  for (let step = await realpath(folder); ; step = dirname(step)) {
    const { mode, uid, gid } = await stat(step);
    const bit =
      uid === account.uid ? constants.S_IXUSR : gid === account.gid ? constants.S_IXGRP : constants.S_IXOTH;
    if ((mode & bit) === 0) return false;
    if (step === dirname(step)) return true;
  }
};

/** The first of `candidates` that is, or can be made, a folder of ours that nobody else may write to. */
export const ownFolder = async (candidates: readonly string[], mode: number): Promise<string> => {
  const problems: string[] = [];
  for (const candidate of candidates) {
    try {
      await mkdir(candidate, { recursive: true, mode });
      const found = await lstat(candidate);
      const ours = found.isDirectory() && found.uid === process.getuid?.();
      if (ours && (found.mode & (constants.S_IWGRP | constants.S_IWOTH)) === 0) return candidate;
      problems.push(`${candidate} is not ours alone`);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new Error(`No folder for the embedded PostgreSQL: ${problems.join('; ')}.`);
};

const LINK = 'postgres';

/** Where a new cluster is made, and the step that puts it in its final place once it is complete. */
export interface NewHome {
  readonly staging: string;
  publish(): Promise<string>;
}

/** The real path of the cluster of this data folder; null: there is none yet. */
export const existingHome = async (dataDir: string, account: Account | null): Promise<string | null> => {
  const link = join(dataDir, LINK);
  const found = await lstat(link).catch(() => null);
  if (found === null) return null;
  let home: string;
  try {
    home = await realpath(link);
  } catch (error) {
    throw new Error(
      `${link} points to ${await readlink(link)}, which is gone: bring it back, or delete the link to begin with empty data.`,
      { cause: error },
    );
  }
  if (account !== null && !(await canReach(dirname(home), account))) {
    throw new Error(
      `The embedded PostgreSQL runs as user id ${account.uid}, which cannot reach ${home}: give the folders above it the permission o+x, or set CATRACA_DATA_DIR.`,
    );
  }
  const owner = (await stat(home)).uid;
  const own = process.getuid?.();
  if (account === null && own !== undefined && owner !== own) {
    throw new Error(
      `${home} belongs to user id ${owner} and this is user id ${own}: start Catraca as before, or set CATRACA_DATA_DIR.`,
    );
  }
  return home;
};

/** A cluster made by an ordinary user and now started by root keeps running as that user. */
export const accountOf = async (home: string | null, account: Account | null): Promise<Account | null> => {
  if (account === null || home === null) return account;
  const { uid, gid } = await stat(home);
  return uid === ROOT ? account : { uid, gid };
};

/**
 * A place for a new cluster: inside the data folder, or, where the server's account cannot reach that (root's home is
 * usually 0700), in a machine-wide folder with a link to it from the data folder.
 */
export const newHome = async (dataDir: string, account: Account | null): Promise<NewHome> => {
  const link = join(await realpath(dataDir), LINK);
  if (account === null || (await canReach(dataDir, account))) {
    const staging = `${link}.new`;
    await rm(staging, { recursive: true, force: true });
    await makePrivate(staging, account);
    return {
      staging,
      async publish() {
        await rename(staging, link);
        return link;
      },
    };
  }
  const base = await ownFolder(['/var/lib/catraca', '/var/tmp/catraca'], 0o711);
  const name = createHash('sha256').update(link).digest('hex').slice(0, 12);
  const elsewhere = await mkdtemp(join(base, `${name}-`));
  await chmod(elsewhere, 0o711);
  await writeFile(join(elsewhere, 'belongs-to'), `${link}\n`);
  const staging = join(elsewhere, 'postgres');
  await makePrivate(staging, account);
  return {
    staging,
    async publish() {
      await symlink(staging, link);
      return staging;
    },
  };
};

const makePrivate = async (folder: string, account: Account | null): Promise<void> => {
  await mkdir(folder, { mode: 0o700 });
  if (account !== null) await chown(folder, account.uid, account.gid);
};
