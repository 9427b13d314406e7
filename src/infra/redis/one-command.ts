import { Redis } from 'ioredis';

/** One command over a connection of its own; rejects when it is not answered within `withinMs`. */
export const askRedis = async (
  url: string,
  withinMs: number,
  command: string,
  ...args: readonly string[]
): Promise<unknown> => {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: withinMs,
    commandTimeout: withinMs,
    maxRetriesPerRequest: 0,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
};
