import type { Pool } from './pool.ts';

/**
 * The servers with which this database has been served. One that has been reached before and is away now is in an outage; one
 * that never was is as likely a wrong address. Addresses are without passwords.
 */
export interface ServedWith {
  has(server: string, address: string): Promise<boolean>;
  note(server: string, address: string): Promise<void>;
}

const NOTE = `
  INSERT INTO app.served_with (server, address) VALUES ($1, $2)
  ON CONFLICT (server, address) DO UPDATE SET reached_at = now()`;

export const createServedWith = (pool: Pool): ServedWith => ({
  async has(server, address) {
    const { rowCount } = await pool.query(
      'SELECT 1 FROM app.served_with WHERE server = $1 AND address = $2',
      [server, address],
    );
    return rowCount === 1;
  },
  async note(server, address) {
    await pool.query(NOTE, [server, address]);
  },
});
