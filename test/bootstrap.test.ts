import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

const ROOT = process.cwd();

const MAIN = `
const [command, ...rest] = process.argv.slice(2);
if (command === 'fail') process.exitCode = 7;
if (command === 'wait') {
  process.once('SIGTERM', () => process.exit(43));
  setInterval(() => undefined, 1_000);
}
console.log([command, ...rest].join(' '));
export {};
`;

/** A small project with the real scripts and the real compiler. */
const project = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'catraca-bootstrap-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp(join(ROOT, 'scripts'), join(folder, 'scripts'), { recursive: true });
  await cp(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await cp(join(ROOT, 'node_modules', '.package-lock.json'), join(folder, 'package-lock.json'));
  await writeFile(join(folder, 'package.json'), '{ "name": "small", "type": "module" }');
  await mkdir(join(folder, 'src'));
  await writeFile(join(folder, 'src', 'main.ts'), MAIN);
  return folder;
};

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const bootstrap = (folder: string, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const script = join(folder, 'scripts', 'bootstrap.mjs');
    execFile(process.execPath, [script, ...args], { cwd: folder, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });

test('the first run builds, and only the program speaks on stdout', async (t) => {
  const folder = await project(t);
  const first = await bootstrap(folder, 'run', 'token', '--role', 'operator');
  t.deepEqual({ code: first.code, stdout: first.stdout }, { code: 0, stdout: 'token --role operator\n' });
  t.regex(first.stderr, /building/);
  const second = await bootstrap(folder, 'start', '--port', '1');
  t.deepEqual(second, { code: 0, stdout: 'serve --demo --port 1\n', stderr: '' });
});

test('a changed source is built again, and the output of a deleted one goes', async (t) => {
  const folder = await project(t);
  await writeFile(join(folder, 'src', 'old.ts'), 'export const old = 1;\n');
  await writeFile(join(folder, 'src', 'page.sql'), 'SELECT 1;\n');
  await bootstrap(folder, 'run', 'x');
  t.true(existsSync(join(folder, 'dist/src/old.js')) && existsSync(join(folder, 'dist/src/page.sql')));

  await rm(join(folder, 'src', 'old.ts'));
  await rm(join(folder, 'src', 'page.sql'));
  await writeFile(join(folder, 'src', 'main.ts'), "console.log('changed');\nexport {};\n");
  t.is((await bootstrap(folder, 'run', 'x')).stdout, 'changed\n');
  t.false(existsSync(join(folder, 'dist/src/old.js')) || existsSync(join(folder, 'dist/src/old.js.map')));
  t.false(existsSync(join(folder, 'dist/src/page.sql')));
});

test('code that does not compile is not run, and is tried again next time', async (t) => {
  const folder = await project(t);
  await writeFile(join(folder, 'src', 'main.ts'), 'const n: number = "text";\nconsole.log(n);\nexport {};\n');
  for (let run = 0; run < 2; run += 1) {
    const { code, stdout, stderr } = await bootstrap(folder, 'run', 'x');
    t.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    t.regex(stderr, /TS2322/);
  }
});

test('exit codes and signals are those of the program itself', async (t) => {
  const folder = await project(t);
  t.is((await bootstrap(folder, 'run', 'fail')).code, 7);
  const child: ChildProcess = spawn(process.execPath, ['scripts/bootstrap.mjs', 'run', 'wait'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  child.kill('SIGTERM');
  t.deepEqual(await once(child, 'exit'), [43, null]);
});

test('two first runs at once build once, and a lock left by a killed run is taken over', async (t) => {
  const folder = await project(t);
  // No process has this id: it is above the largest that Linux gives.
  await writeFile(join(folder, '.bootstrap.lock'), '4194305');
  const runs = await Promise.all([bootstrap(folder, 'run', 'a'), bootstrap(folder, 'run', 'b')]);
  t.deepEqual(
    runs.map(({ code, stdout }) => ({ code, stdout })),
    [
      { code: 0, stdout: 'a\n' },
      { code: 0, stdout: 'b\n' },
    ],
  );
  t.is(runs.filter(({ stderr }) => stderr.includes('catraca: building')).length, 1);
  t.false(existsSync(join(folder, '.bootstrap.lock')));
});

test('packages that differ from the lock file are noticed, and never installed through a link', async (t) => {
  const folder = await project(t);
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string }>;
  };
  lock.packages['node_modules/koa'] = { version: '0.0.1' };
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
  const { code, stderr } = await bootstrap(folder, 'run', 'x');
  t.is(code, 1);
  t.regex(stderr, /node_modules is a link and does not match package-lock.json/);
});

test('what is not known is answered with the usage', async (t) => {
  const folder = await project(t);
  const { code, stdout, stderr } = await bootstrap(folder, 'dance');
  t.deepEqual({ code, stdout }, { code: 1, stdout: '' });
  t.regex(stderr, /usage: bootstrap\.mjs/);
});
