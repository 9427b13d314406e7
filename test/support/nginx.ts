import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { findProgram } from '../../src/chaos/servers/programs.ts';
import { freePort } from '../../src/infra/free-port.ts';
import { temporaryFolder } from './app.ts';
import { eventually } from './eventually.ts';

const REQUIRED = process.env['CI_REQUIRE_SERVERS'] === '1';
const TEMPLATE = 'deploy/edge/nginx.conf.template';

/** What the shipped configuration leaves open, with limits that no test meets by accident. */
const DEFAULTS = {
  EDGE_BALANCE: 'least_conn;',
  EDGE_LOGIN_RATE: '10000r/s',
  EDGE_LOGIN_BURST: '10000',
  EDGE_JOIN_RATE: '10000r/s',
  EDGE_JOIN_BURST: '10000',
};

export interface Nginx {
  /** Where fans come in. */
  readonly url: string;
  /** Where operators and load tests come in. */
  readonly operatorUrl: string;
  /** Puts other nodes behind it, as an operator does: the file, then a reload. */
  useNodes(urls: readonly string[]): Promise<void>;
}

/** `${EDGE_…}` as envsubst fills it in; throws at a name that nobody gives. */
export const fillIn = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/^(?!#).*$/gm, (line) =>
    line.replaceAll(/\$\{(EDGE_\w+)\}/g, (_all, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`${TEMPLATE} wants ${name}`);
      return value;
    }),
  );

/** Null where there is none: the test has said so and returns. `CI_REQUIRE_SERVERS=1` makes that a failure. */
export const findNginx = (t: ExecutionContext): string | null => {
  const program = findProgram('nginx', '/usr/sbin/nginx');
  if (program !== null) return program;
  if (REQUIRED) throw new Error('nginx is required here and was not found');
  t.log('not run: no nginx was found');
  t.pass();
  return null;
};

/** Runs `nginx.conf` of this folder until teardown; resolves once `probeUrl` is answered, whatever with. */
export const runNginx = async (
  t: ExecutionContext,
  program: string,
  folder: string,
  probeUrl: string,
): Promise<ChildProcess> => {
  const child = spawn(program, ['-p', folder, '-c', `${folder}/nginx.conf`, '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const closed = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  await eventually(async () => {
    assert.equal(child.exitCode, null, said);
    await fetch(probeUrl, { redirect: 'manual' });
  });
  return child;
};

/** A private nginx with the shipped configuration in front of `nodes`. Null where no nginx is to be had: the test then returns. */
export const startNginx = async (
  t: ExecutionContext,
  nodes: readonly string[],
  change: Partial<typeof DEFAULTS> = {},
): Promise<Nginx | null> => {
  const program = findNginx(t);
  if (program === null) return null;
  const folder = await temporaryFolder(t);
  const [port, operatorPort] = [await freePort(), await freePort()];
  const nodesFile = `${folder}/nodes.conf`;
  const writeNodes = (urls: readonly string[]) =>
    writeFile(
      nodesFile,
      urls.map((url) => `server ${new URL(url).host} max_fails=2 fail_timeout=2s;\n`).join(''),
    );
  await writeNodes(nodes);
  await writeFile(
    `${folder}/nginx.conf`,
    fillIn(readFileSync(TEMPLATE, 'utf8'), {
      ...DEFAULTS,
      ...change,
      EDGE_LISTEN: `127.0.0.1:${port}`,
      EDGE_OPERATOR_LISTEN: `127.0.0.1:${operatorPort}`,
      EDGE_STATE: folder,
      EDGE_NODES: nodesFile,
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  // Answered by the edge itself: a node that counts its requests must not see this one.
  const child = await runNginx(t, program, folder, `${url}/livez`);
  return {
    url,
    operatorUrl: `http://127.0.0.1:${operatorPort}`,
    async useNodes(urls) {
      await writeNodes(urls);
      child.kill('SIGHUP');
    },
  };
};
