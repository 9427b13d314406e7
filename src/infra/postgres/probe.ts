import { Client } from 'pg';

export interface PostgresProbe {
  /** Resolves when Postgres answers a statement; rejects when it does not within `answerMs`. */
  ask(): Promise<void>;
  close(): void;
}

/** Asks over a connection of its own: a pool in which everybody waits says nothing about the server. */
export const createPostgresProbe = (url: string, answerMs: number): PostgresProbe => {
  let client: Client | null = null;

  const drop = (): void => {
    const old = client;
    client = null;
    // Not awaited: a server that went silent never says goodbye, and its socket is not kept for that.
    old?.end().catch(() => undefined);
    (old as unknown as { connection: { stream: { destroy(): void } } } | null)?.connection.stream.destroy();
  };

  const connect = async (): Promise<Client> => {
    const fresh = new Client({
      connectionString: url,
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
      application_name: 'catraca-probe',
    });
    fresh.on('error', () => undefined);
    client = fresh;
    await fresh.connect();
    return fresh;
  };

  return {
    async ask() {
      try {
        await (client ?? (await connect())).query('SELECT 1');
      } catch (error) {
        drop();
        throw error;
      }
    },
    close: drop,
  };
};
