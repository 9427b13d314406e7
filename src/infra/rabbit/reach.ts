import { connect } from 'amqplib';

/** Opens and closes a connection; rejects when the broker does not let us in within `withinMs`. */
export const reachRabbit = async (url: string, withinMs: number): Promise<void> => {
  await (await connect(url, { timeout: withinMs })).close();
};
