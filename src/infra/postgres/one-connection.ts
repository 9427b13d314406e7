import { Client } from 'pg';

/** Asks with positional parameters; resolves with the rows. */
export type Ask = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

/**
 * One connection of its own, for `work` alone: probes, audits and faults must not wait for the application's pool.
 * Every wait is bounded by `withinMs`.
 */
export const withConnection = async <T>(
  url: string,
  withinMs: number,
  work: (ask: Ask) => Promise<T>,
): Promise<T> => {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: withinMs,
    query_timeout: withinMs,
    application_name: 'catraca-chaos',
  });
  // The server may die under it, and that is the point.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(
      async <Row extends object>(text: string, values: readonly unknown[] = []) =>
        (await client.query<Row>(text, [...values])).rows,
    );
  } finally {
    // Not awaited: a server that is paused never says goodbye.
    client.end().catch(() => undefined);
  }
};
