import { Client, DatabaseError } from 'pg';

const CONNECT_MS = 5_000;
/** Each round holds one more transaction open, so that a pooler with several idle servers runs out of them. */
const ROUNDS = 4;
/** Any: it only has to come back as it was asked for. */
const ASKED_TIMEOUT_MS = 4_321;

const REFUSED =
  'there is a pooler (PgBouncer) that does not take the time limits of a session; name the server itself, DATABASE_POOL bounds the connections of a process';
const CHANGES =
  'there is a pooler (PgBouncer) that changes the session between transactions (pool_mode), and prepared statements, time limits and locks belong to a session; name the server itself, DATABASE_POOL bounds the connections of a process';

/** Its message is the reason for people; what the pooler itself said is beside it and not its cause, which would be shown instead. */
class PoolerInTheWay extends Error {
  readonly said: unknown;

  constructor(message: string, said?: unknown) {
    super(message);
    this.name = 'PoolerInTheWay';
    this.said = said;
  }
}

const open = async (url: string): Promise<Client> => {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
    statement_timeout: ASKED_TIMEOUT_MS,
    application_name: 'catraca-pooler',
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

const sessionOf = async (client: Client): Promise<{ readonly pid: number; readonly timeoutMs: number }> => {
  const { rows } = await client.query<{ pid: number; timeout: number }>(
    "SELECT pg_backend_pid() AS pid, setting::int AS timeout FROM pg_settings WHERE name = 'statement_timeout'",
  );
  return { pid: rows[0]?.pid ?? 0, timeoutMs: rows[0]?.timeout ?? 0 };
};

/** Whether another transaction can take this connection's server away from it. */
const changes = async (url: string, client: Client, pid: number): Promise<boolean> => {
  const others: Client[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const other = await open(url);
      others.push(other);
      await other.query('BEGIN');
      await other.query('SELECT 1');
      if ((await sessionOf(client)).pid !== pid) return true;
    }
    return false;
  } finally {
    await Promise.all(others.map((one) => one.end().catch(() => undefined)));
  }
};

/**
 * Rejects, with a reason for people, where a connection to `url` is no session of PostgreSQL. A server that is not reached is not
 * this function's concern: it resolves.
 */
export const refusePooler = async (url: string): Promise<void> => {
  let client: Client;
  try {
    client = await open(url);
  } catch (error) {
    if (error instanceof DatabaseError && /startup parameter/.test(error.message))
      throw new PoolerInTheWay(REFUSED, error);
    return;
  }
  try {
    const { pid, timeoutMs } = await sessionOf(client);
    // Whoever stands between has a number of its own for us.
    if ((client as unknown as { processID: number }).processID === pid) return;
    if (await changes(url, client, pid)) throw new PoolerInTheWay(CHANGES);
    if (timeoutMs !== ASKED_TIMEOUT_MS) throw new PoolerInTheWay(REFUSED);
  } finally {
    await client.end().catch(() => undefined);
  }
};
