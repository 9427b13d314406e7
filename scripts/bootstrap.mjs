// The door to everything on a fresh clone: installs what is missing, builds what is stale, then becomes the program.
//   start [args]           every role with embedded parts and the demo event
//   test [args]            ava with its own arguments
//   run <command> [args]   one command of the CLI; `bench`, `bugs` and `screenshots` have their own programs
// It works before `npm install`: built-in modules only. All it says goes to stderr, because stdout belongs to the program.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, isBuilt, locked, ROOT } from './build.mjs';

const NODE_AT_LEAST = [20, 19];
const MODULES = join(ROOT, 'node_modules');

const say = (text) => console.error(`catraca: ${text}`);

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_AT_LEAST[0] || (major === NODE_AT_LEAST[0] && minor >= NODE_AT_LEAST[1])) return;
  throw new Error(
    `Node.js ${NODE_AT_LEAST.join('.')} or newer is needed and this is ${process.versions.node}: install 22 or 24 from https://nodejs.org.`,
  );
};

const packagesIn = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/** Contents are compared, not times: a checkout gives every file the time at which it was made. */
const isInstalled = () => {
  try {
    const wanted = packagesIn(join(ROOT, 'package-lock.json'));
    const found = packagesIn(join(MODULES, '.package-lock.json'));
    return Object.entries(wanted).every(([path, entry]) => {
      // The first is ourselves; an optional package of another platform is rightly absent.
      if (path === '' || (found[path] === undefined && entry.optional)) return true;
      return found[path]?.version === entry.version && found[path]?.integrity === entry.integrity;
    });
  } catch {
    return false;
  }
};

const install = () => {
  if (lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error(
      'node_modules is a link and does not match package-lock.json: run `npm ci` where it leads to.',
    );
  }
  say('installing the packages of package-lock.json (npm ci)');
  // The compiler is a development dependency with an optional package for each platform: neither may be left out.
  const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const own = process.env.npm_execpath;
  const viaNode = own !== undefined && /npm-cli\.[cm]?js$/.test(own);
  const { status, error } = spawnSync(viaNode ? process.execPath : 'npm', viaNode ? [own, ...args] : args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: !viaNode && process.platform === 'win32',
  });
  if (error !== undefined) throw new Error(`npm could not be started: ${error.message}`);
  if (status !== 0) throw new Error('npm ci failed (above)');
};

const prepare = async () => {
  checkNode();
  if (isInstalled() && isBuilt()) return;
  await locked(() => {
    // Asked again: whoever held the lock before may have done it.
    if (!isInstalled()) install();
    if (isBuilt()) return;
    say('building');
    build();
  }, say);
};

/**
 * Not a child process but this one: no signal to forward, no exit code to translate, and nothing is left behind
 * when it is killed.
 */
const become = async (program, args) => {
  const path = join(ROOT, program);
  process.argv = [process.execPath, path, ...args];
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(path).href);
};

const OWN_PROGRAMS = {
  bench: 'dist/bench/main.js',
  bugs: 'dist/test/seeded-bugs/run.js',
  screenshots: 'dist/test/web/screenshots.js',
};

const programOf = (command, args) => {
  switch (command) {
    case 'start':
      return ['dist/src/main.js', ['serve', '--demo', ...args]];
    case 'test':
      return ['node_modules/ava/entrypoints/cli.mjs', args];
    case 'run':
      if (Object.hasOwn(OWN_PROGRAMS, args[0] ?? '')) return [OWN_PROGRAMS[args[0]], args.slice(1)];
      return args.length === 0 ? null : ['dist/src/main.js', args];
    default:
      return null;
  }
};

const [command, ...args] = process.argv.slice(2);
const program = programOf(command, args);
try {
  if (program === null) throw new Error('usage: bootstrap.mjs start | test | run <command> [arguments]');
  await prepare();
  if (!existsSync(join(ROOT, program[0]))) throw new Error(`${program[0]} does not exist`);
  // ava looks for its configuration, and the commands for .env and .catraca, in the folder they run in.
  if (command === 'test') process.chdir(ROOT);
} catch (error) {
  say(error.message);
  process.exit(1);
}
await become(...program);
