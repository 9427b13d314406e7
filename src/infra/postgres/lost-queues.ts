import type { QueueName } from '../../domain/messages.ts';
import type { Pool } from './pool.ts';

/** Notes that the broker had no such queue: whoever sends to it says again what it has said. Rejects without Postgres. */
export const noteLostQueue = async (pool: Pool, queue: QueueName): Promise<void> => {
  await pool.query('INSERT INTO bus.lost_queues (queue) VALUES ($1)', [queue]);
};
