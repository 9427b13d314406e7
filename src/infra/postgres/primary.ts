import { Client } from 'pg';
import { urlsOf } from '../../domain/server-address.ts';

const ANSWER_MS = 2_000;

/** The server at this connection follows another one: it can be read, and decides nothing. */
export class StandbyAnswers extends Error {
  constructor() {
    super('who answers is a standby');
    this.name = 'StandbyAnswers';
  }
}

/** Rejects with `StandbyAnswers` where writing is not possible. */
export const mustDecide = async (client: Pick<Client, 'query'>): Promise<void> => {
  const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  if (rows[0]?.standby !== false) throw new StandbyAnswers();
};

/**
 * Of an address with several hosts the URL of the one that decides now, as libpq's `target_session_attrs=read-write` finds it; pg
 * knows no such addresses. One host is believed unasked. Rejects with why the last of them will not do.
 */
export const primaryOf = async (address: string): Promise<string> => {
  const urls = urlsOf(address);
  const [first = address] = urls;
  if (urls.length < 2) return first;
  let why: unknown;
  for (const url of urls) {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      application_name: 'catraca-primary',
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await mustDecide(client);
      return url;
    } catch (error) {
      why = error;
    } finally {
      client.end().catch(() => undefined);
    }
  }
  throw why;
};
