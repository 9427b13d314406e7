import { Client } from 'pg';
import { urlsOf } from '../../domain/server-address.ts';
import { mustDecide, StandbyAnswers } from './primary.ts';

export interface PostgresProbe {
  /** Resolves when Postgres answers and decides; rejects when it does not within `answerMs`. */
  ask(): Promise<void>;
  /** The URL of the host that is asked now: the one that decides, once `ask` has resolved. */
  url(): string;
  close(): void;
}

/**
 * Asks over a connection of its own: a pool in which everybody waits says nothing about the server. `address` may name several
 * hosts; a standby that was promoted is found by asking them in turn.
 */
export const createPostgresProbe = (address: string, answerMs: number): PostgresProbe => {
  const urls = urlsOf(address);
  let client: Client | null = null;
  let at = 0;

  const drop = (): void => {
    const old = client;
    client = null;
    // Not awaited: a server that went silent never says goodbye, and its socket is not kept for that.
    old?.end().catch(() => undefined);
    (old as unknown as { connection: { stream: { destroy(): void } } } | null)?.connection.stream.destroy();
  };

  const url = (): string => urls[at] ?? address;

  const connect = async (): Promise<Client> => {
    const fresh = new Client({
      connectionString: url(),
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
      const standing = client;
      try {
        await mustDecide(standing ?? (await connect()));
      } catch (error) {
        drop();
        // One answer that did not come is no reason to leave; a host that cannot be had anew, or follows another one, is.
        if (standing === null || error instanceof StandbyAnswers) at = (at + 1) % urls.length;
        throw error;
      }
    },
    url,
    close: drop,
  };
};
