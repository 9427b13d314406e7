import type { Logger } from '../infra/log.ts';
import type { ServedWith } from '../infra/postgres/served-with.ts';
import { addressOf, reasonOf, StartError } from './start-error.ts';

/** Long enough for a server that is starting next to us, short enough for somebody who mistyped its address. */
const CONNECT_MS = 5_000;
/** In an outage every node that starts would wait for it, and should serve within five seconds itself. */
const OUTAGE_CONNECT_MS = 1_000;

export interface FirstContactOptions {
  readonly server: string;
  readonly url: string;
  readonly known: ServedWith;
  readonly log: Logger;
  /** Resolves once the server has answered; goes on trying after its rejection. */
  readonly connect: (deadlineMs: number) => Promise<void>;
  /** Why the last attempt failed, where that says more than the rejection. */
  readonly lastFault?: () => Error | null;
}

/**
 * Waits for a server that Postgres can stand in for. Resolves with whether it answered. One that this database was never served
 * with must answer, or the start ends in one sentence: its address may be wrong. One that it was served with is in an outage: the
 * node starts without it, and it is used when it is back.
 */
export const firstContact = async (options: FirstContactOptions): Promise<boolean> => {
  const { server, url, known, log } = options;
  const address = addressOf(url);
  const wasReached = await known.has(server, address);
  try {
    await options.connect(wasReached ? OUTAGE_CONNECT_MS : CONNECT_MS);
  } catch (error) {
    const reason = reasonOf(options.lastFault?.() ?? error);
    if (!wasReached) throw new StartError(`${server} at ${address} could not be reached: ${reason}.`, error);
    log.warn({ server, address, reason }, 'a server is away; this node starts without it');
    return false;
  }
  await known.note(server, address);
  return true;
};
