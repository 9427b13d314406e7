import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { findProgram } from '../../src/chaos/servers/programs.ts';
import { freePort } from '../../src/infra/free-port.ts';
import { temporaryFolder } from './app.ts';
import { eventually } from './eventually.ts';

const REQUIRED = process.env['CI_REQUIRE_SERVERS'] === '1';

/** The program, or null and a word in the test's log; a failure where servers are required. */
export const prometheusProgram = (t: ExecutionContext, name: 'prometheus' | 'promtool'): string | null => {
  const program = findProgram(name);
  if (program !== null) return program;
  if (REQUIRED) throw new Error(`${name} is required here and was not found`);
  t.log(`not run: no ${name} was found`);
  t.pass();
  return null;
};

/** A private Prometheus that looks at `target` each second. */
export const startPrometheus = async (t: ExecutionContext, program: string, target: string) => {
  const folder = await temporaryFolder(t);
  const port = await freePort();
  await writeFile(
    `${folder}/prometheus.yml`,
    `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: catraca
    static_configs: [{ targets: ["${new URL(target).host}"] }]
`,
  );
  const child = spawn(
    program,
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const closed = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    assert.equal(child.exitCode, null, said);
    assert.equal((await fetch(`${url}/-/ready`)).status, 200);
  }, 30_000);
  return {
    /** How many series that expression gives now; throws where Prometheus does not understand it. */
    async series(expression: string): Promise<number> {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { status, error, data } = (await response.json()) as {
        status: string;
        error?: string;
        data?: { result: { value: [number, string] }[] };
      };
      if (status !== 'success') throw new Error(`${expression}: ${error}`);
      return (data?.result ?? []).filter(({ value }) => value[1] !== 'NaN').length;
    },
  };
};
