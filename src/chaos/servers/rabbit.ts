import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../infra/free-port.ts';
import { reachRabbit } from '../../infra/rabbit/reach.ts';
import type { RabbitHandle } from '../nemesis.ts';
import type { Scope } from '../scope.ts';
import { startPrivateServer } from './private-server.ts';
import { findProgram, ProgramsMissing, surroundings, tempFolder } from './programs.ts';

/** `rabbitmqctl` starts an Erlang of its own each time, which takes long where two cores do everything. */
const CONTROL_WITHIN_MS = 90_000;

const startMapper = async (scope: Scope, program: string, port: number): Promise<void> => {
  const mapper = spawn(program, ['-port', String(port), '-address', '127.0.0.1'], { stdio: 'ignore' });
  await once(mapper, 'spawn');
  const end = (): void => void mapper.kill('SIGKILL');
  process.once('exit', end);
  scope.defer(() => {
    end();
    process.removeListener('exit', end);
  });
};

/** What the nodes of one cluster have in common. */
export interface RabbitFamily {
  readonly cookie: string;
  /** Where their port mapper listens. */
  readonly epmdPort: number;
}

export interface RabbitNode extends RabbitHandle {
  /** As `rabbitmqctl join_cluster` takes it. */
  readonly nodeName: string;
  readonly family: RabbitFamily;
}

/**
 * A RabbitMQ node with its own name, and with a cookie and a port mapper of its own unless it is to join others. It takes seconds to
 * start. Throws `ProgramsMissing`.
 */
export const startRabbit = async (scope: Scope, joining?: RabbitFamily): Promise<RabbitNode> => {
  const releases = '/usr/lib/rabbitmq/lib';
  const inRelease = (program: string): string[] =>
    existsSync(releases) ? readdirSync(releases).map((one) => join(releases, one, 'sbin', program)) : [];
  const program = findProgram(...inRelease('rabbitmq-server'));
  const ctl = findProgram(...inRelease('rabbitmqctl'));
  const epmd = findProgram('epmd', '/usr/bin/epmd');
  if (program === null || ctl === null || epmd === null) throw new ProgramsMissing('RabbitMQ');
  const folder = await tempFolder(scope, 'rabbit');
  const [port, distPort] = [await freePort(), await freePort()];
  const family = joining ?? { cookie: `COOKIE${port}${distPort}`, epmdPort: await freePort() };
  const nodeName = `private${port}@localhost`;
  await writeFile(join(folder, '.erlang.cookie'), family.cookie, { mode: 0o400 });
  await writeFile(join(folder, 'enabled_plugins'), '[].\n');
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${port}\nvm_memory_high_watermark.absolute = 512MB\ndisk_free_limit.absolute = 50MB\n`,
  );
  await writeFile(join(folder, 'env.conf'), '');
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(family.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: nodeName,
    RABBITMQ_CONF_ENV_FILE: join(folder, 'env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  if (joining === undefined) await startMapper(scope, epmd, family.epmdPort);
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
    nodeName,
    family,
    async control(...args) {
      const settings = { env: surroundings(env), timeout: CONTROL_WITHIN_MS };
      return (await promisify(execFile)(ctl, args, settings)).stdout;
    },
  };
};
