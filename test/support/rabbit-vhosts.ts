import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { promisify } from 'node:util';

/**
 * Vhosts of a RabbitMQ on this machine. `rabbitmqctl` starts an Erlang machine for each word, half a second of CPU, and a test
 * needs three; `erl_call` of the same Erlang says it to the server in milliseconds. Where it cannot (another cookie, another
 * name, a server elsewhere), `rabbitmqctl` does it.
 */
const TIMEOUT_MS = 30_000;
const NAMES = [process.env['RABBITMQ_NODENAME'], 'rabbit@localhost', `rabbit@${hostname()}`];
const COOKIES = [`${homedir()}/.erlang.cookie`, '/var/lib/rabbitmq/.erlang.cookie'];

const control = (...args: readonly string[]) =>
  promisify(execFile)('rabbitmqctl', [...args], { timeout: TIMEOUT_MS });

const ask = async (node: string, cookie: string, expression: string): Promise<boolean> => {
  // The server turns away the second of two with one name, and those that erl_call makes up change once a second.
  const own = `ct_${randomUUID().slice(0, 13)}`;
  const asked = promisify(execFile)('erl_call', ['-h', own, '-sname', node, '-c', cookie, '-e'], {
    timeout: TIMEOUT_MS,
  });
  asked.child.stdin?.on('error', () => undefined);
  // Without the line’s end it understands nothing.
  asked.child.stdin?.end(`${expression}\n`);
  try {
    return (await asked).stdout.startsWith('{ok, ok}');
  } catch {
    return false;
  }
};

/** False: nobody understood; nothing is known to be done. */
const evaluate = async (expression: string): Promise<boolean> => {
  for (const path of COOKIES) {
    const cookie = await readFile(path, 'utf8').catch(() => null);
    if (cookie === null) continue;
    for (const node of NAMES) {
      if (node !== undefined && (await ask(node, cookie.trim(), expression))) return true;
    }
  }
  return false;
};

/** `name`: letters, digits and `_`. The user `guest` may do everything in it. Rejects if it could not be made. */
export const addVhost = async (name: string): Promise<void> => {
  const done = await evaluate(
    `ok = rabbit_vhost:add(<<"${name}">>, <<"test">>),
     rabbit_auth_backend_internal:set_permissions(
       <<"guest">>, <<"${name}">>, <<".*">>, <<".*">>, <<".*">>, <<"test">>).`,
  );
  if (done) return;
  // It may have been made, and only the permissions refused.
  await control('delete_vhost', name).catch(() => undefined);
  await control('add_vhost', name);
  await control('set_permissions', '-p', name, 'guest', '.*', '.*', '.*');
};

export const deleteVhost = async (name: string): Promise<void> => {
  if (!(await evaluate(`rabbit_vhost:delete(<<"${name}">>, <<"test">>).`)))
    await control('delete_vhost', name);
};
