import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../infra/postgres/embedded/postmaster.ts';
import { reachRabbit } from '../../infra/rabbit/reach.ts';
import type { RabbitHandle } from '../nemesis.ts';
import type { Scope } from '../scope.ts';
import { startPrivateServer } from './private-server.ts';
import { findProgram, ProgramsMissing, surroundings, tempFolder } from './programs.ts';

/** `rabbitmqctl` starts an Erlang of its own each time, which takes long where two cores do everything. */
const CONTROL_WITHIN_MS = 90_000;

/** A RabbitMQ node with its own name, cookie and port mapper. It takes seconds to start. Throws `ProgramsMissing`. */
export const startRabbit = async (scope: Scope): Promise<RabbitHandle> => {
  const releases = '/usr/lib/rabbitmq/lib';
  const inRelease = (program: string): string[] =>
    existsSync(releases) ? readdirSync(releases).map((one) => join(releases, one, 'sbin', program)) : [];
  const program = findProgram(...inRelease('rabbitmq-server'));
  const ctl = findProgram(...inRelease('rabbitmqctl'));
  const epmd = findProgram('epmd', '/usr/bin/epmd');
  if (program === null || ctl === null || epmd === null) throw new ProgramsMissing('RabbitMQ');
  const folder = await tempFolder(scope, 'rabbit');
  const [port, distPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  await writeFile(join(folder, '.erlang.cookie'), `COOKIE${port}${distPort}`, { mode: 0o400 });
  await writeFile(join(folder, 'enabled_plugins'), '[].\n');
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${port}\nvm_memory_high_watermark.absolute = 512MB\ndisk_free_limit.absolute = 50MB\n`,
  );
  await writeFile(join(folder, 'env.conf'), '');
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `private${port}@localhost`,
    RABBITMQ_CONF_ENV_FILE: join(folder, 'env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  const mapper = spawn(epmd, ['-port', String(epmdPort), '-address', '127.0.0.1'], { stdio: 'ignore' });
  await once(mapper, 'spawn');
  const endMapper = (): void => void mapper.kill('SIGKILL');
  process.once('exit', endMapper);
  scope.defer(() => {
    endMapper();
    process.removeListener('exit', endMapper);
  });
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  const server = await startPrivateServer(scope, {
    name: 'RabbitMQ',
    url,
    folder,
    program,
    args: [],
    env,
    stopSignal: 'SIGTERM',
    readyWithinMs: 120_000,
    probe: () => reachRabbit(url, 2_000),
  });
  return {
    ...server,
    async control(...args) {
      const settings = { env: surroundings(env), timeout: CONTROL_WITHIN_MS };
      return (await promisify(execFile)(ctl, args, settings)).stdout;
    },
  };
};
