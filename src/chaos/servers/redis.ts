import { freePort } from '../../infra/free-port.ts';
import { askRedis } from '../../infra/redis/one-command.ts';
import type { ServerHandle } from '../nemesis.ts';
import type { Scope } from '../scope.ts';
import { startPrivateServer } from './private-server.ts';
import { findProgram, ProgramsMissing, tempFolder } from './programs.ts';

/**
 * An empty Redis that forgets all when it dies, as a cache may; `appendOnly`: one that remembers every write. Throws
 * `ProgramsMissing`.
 */
export const startRedis = async (
  scope: Scope,
  options: { readonly appendOnly?: boolean } = {},
): Promise<ServerHandle> => {
  const program = findProgram('redis-server', '/usr/bin/redis-server');
  if (program === null) throw new ProgramsMissing('Redis');
  const folder = await tempFolder(scope, 'redis');
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const durable = options.appendOnly === true ? ['yes', '--appendfsync', 'always'] : ['no'];
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  return startPrivateServer(scope, {
    name: 'Redis',
    url,
    folder,
    program,
    args: [...place, '--save', '', '--appendonly', ...durable],
    stopSignal: 'SIGTERM',
    readyWithinMs: 10_000,
    probe: () => askRedis(url, 1_000, 'PING'),
  });
};
