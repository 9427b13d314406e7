import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Reading, Ready } from './server.ts';

const PROGRAM = fileURLToPath(new URL('server.js', import.meta.url));

export interface ServerProcess extends Ready {
  read(): Promise<Reading>;
  /** The holds' own counters, as they are exported to Prometheus. */
  holdStatements(): Promise<number>;
  stop(): Promise<void>;
}

const message = async <Message>(child: ChildProcess): Promise<Message> => {
  const done = new AbortController();
  const { signal } = done;
  try {
    const lost = once(child, 'exit', { signal }).then(() => {
      throw new Error('the server process ended');
    });
    const [value] = (await Promise.race([once(child, 'message', { signal }), lost])) as [Message];
    return value;
  } finally {
    done.abort();
  }
};

/** Starts the server with `variables` as its whole configuration. */
export const startServer = async (
  variables: Readonly<Record<string, string>>,
  profileFolder: string | null,
): Promise<ServerProcess> => {
  const child = fork(PROGRAM, [], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...variables },
    execArgv: [
      // As `npm start` and the image have it.
      '--max-semi-space-size=64',
      ...(profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]),
    ],
    // The log is written at its default level, as in production, and thrown away.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ready = await message<Ready>(child);
  return {
    ...ready,
    read() {
      const answer = message<Reading>(child);
      child.send('read');
      return answer;
    },
    async holdStatements() {
      const metrics = await fetch(`http://127.0.0.1:${ready.port}/metrics`);
      const total = /^catraca_hold_statements_total (\d+)/m.exec(await metrics.text())?.[1];
      return Number(total ?? 0);
    },
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
};
