// One process at a time installs or builds. The lock names its holder, so that a killed one does not block the next.
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const LOOK_EVERY_MS = 200;
const GIVE_UP_AFTER_MS = 15 * 60_000;

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const holderOf = (path) => {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return 0;
  }
};

const tryLock = (path) => {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
};

/** Moved aside and judged again there: meanwhile another may have removed the stale one and taken the lock. */
const discard = (path) => {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
    if (isAlive(holderOf(aside))) linkSync(aside, path);
  } catch {
    // Somebody else was quicker; the next look tells.
  }
  rmSync(aside, { force: true });
};

/** Runs `work` while holding the lock file at `path`; waits for a living holder. */
export const withLock = async (path, work, say) => {
  const until = Date.now() + GIVE_UP_AFTER_MS;
  let told = false;
  while (!tryLock(path)) {
    const pid = holderOf(path);
    if (!isAlive(pid)) {
      discard(path);
      continue;
    }
    if (!told) say(`waiting for process ${pid}, which is installing or building`);
    told = true;
    if (Date.now() > until) throw new Error(`process ${pid} has held ${path} for too long`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
};
