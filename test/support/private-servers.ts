import type { ExecutionContext } from 'ava';
import type { RabbitHandle, ServerHandle } from '../../src/chaos/nemesis.ts';
import type { Scope } from '../../src/chaos/scope.ts';
import { startPostgres } from '../../src/chaos/servers/postgres.ts';
import { ProgramsMissing } from '../../src/chaos/servers/programs.ts';
import { startRabbit } from '../../src/chaos/servers/rabbit.ts';
import { startRedis } from '../../src/chaos/servers/redis.ts';
import type { Stage } from './servers.ts';

/** A server of the test's own, so that it may be killed. Stopped and removed at teardown. */
export type PrivateServer = ServerHandle;

const REQUIRED = process.env['CI_REQUIRE_SERVERS'] === '1';

/** Null, and a word in the test's log, where the programs are missing; a failure where they are required. */
export const orAbsent = async <T>(t: Stage, start: (scope: Scope) => Promise<T>): Promise<T | null> => {
  try {
    return await start({ defer: (end) => t.teardown(end) });
  } catch (error) {
    if (!(error instanceof ProgramsMissing) || REQUIRED) throw error;
    t.log(`not run: ${error.message}`);
    t.pass();
    return null;
  }
};

export const privatePostgres = (t: ExecutionContext): Promise<ServerHandle | null> =>
  orAbsent(t, startPostgres);

export const privateRedis = (
  t: ExecutionContext,
  options: { readonly appendOnly?: boolean } = {},
): Promise<ServerHandle | null> => orAbsent(t, (scope) => startRedis(scope, options));

/** It takes seconds to start: share it in a file. */
export const privateRabbit = (t: ExecutionContext): Promise<RabbitHandle | null> => orAbsent(t, startRabbit);
