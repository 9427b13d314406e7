import type { QueueName } from '../../domain/messages.ts';
import type { Clock, Random } from '../../domain/ports/environment.ts';
import type { Delivery } from '../../domain/ports/message-bus.ts';
import { parseEnvelope } from '../envelope-codec.ts';
import type { Logger } from '../log.ts';
import type { BusTable, Claimed, PutBack } from './bus-table.ts';

export interface SubscriptionOptions {
  readonly table: BusTable;
  readonly queue: QueueName;
  readonly prefetch: number;
  readonly onDelivery: (delivery: Delivery) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly pollMs: number;
  readonly leaseMs: number;
  readonly retryDelaysMs: readonly number[];
  readonly maxAttempts: number;
  /** Told after each statement whether Postgres answered. */
  readonly onHealth: (healthy: boolean) => void;
}

export interface Subscription {
  /** Something may have come: look now, not at the next poll. */
  wake(): void;
  /** No new deliveries from here on; those in hand may still be answered, and are renewed until they are. */
  stop(): Promise<void>;
  /** Deliveries not answered, and answers not written yet. */
  unanswered(): number;
  /** Gives back at once what was not answered, and stops all timers. */
  abandon(): Promise<void>;
}

/** One claim in flight at a time: while it is under way answers gather, and the next claim is the larger for it. */
export const createSubscription = (options: SubscriptionOptions): Subscription => {
  const { table, queue, clock, log, leaseMs } = options;
  const inHand = new Map<string, Claimed>();
  let acked: string[] = [];
  let returned: PutBack[] = [];
  let writing: Promise<void> | null = null;
  let claiming: Promise<void> | null = null;
  let stopped = false;
  let again = false;
  let more = false;
  let renewalDue = false;
  let cancelPoll: () => void = () => undefined;
  let cancelRenewal: () => void = () => undefined;

  const attempted = async (what: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      options.onHealth(true);
      return true;
    } catch (error) {
      options.onHealth(false);
      // Nothing is lost: what could not be written comes again when its lease runs out.
      log.warn({ err: error, queue }, `the bus could not ${what}`);
      return false;
    }
  };

  /** All writes of one subscription stand in one queue: two statements over the same rows could deadlock. */
  const write = async (): Promise<void> => {
    while (acked.length > 0 || returned.length > 0 || renewalDue) {
      const [done, back] = [acked, returned];
      const mine = renewalDue ? [...inHand.values()] : [];
      [acked, returned, renewalDue] = [[], [], false];
      if (mine.length > 0) await attempted('renew its leases', () => table.renew(queue, mine, leaseMs));
      if (done.length > 0) await attempted('remove messages', () => table.remove(queue, done));
      if (back.length > 0) await attempted('put messages back', () => table.putBack(queue, back));
    }
    writing = null;
  };

  // Deferred by a microtask, so that answers given together are written together.
  const writeSoon = (): void => {
    writing ??= Promise.resolve().then(write);
  };

  const answered = (claimed: Claimed): void => {
    if (inHand.get(claimed.messageId) === claimed) inHand.delete(claimed.messageId);
    writeSoon();
    if (more) wake();
  };

  const park = async (claimed: Claimed, reason: string): Promise<void> => {
    await attempted('park a message', () => table.park(queue, claimed, reason));
    answered(claimed);
  };

  const retry = (claimed: Claimed, reason: string): void => {
    const { attempt, messageId } = claimed;
    const delays = options.retryDelaysMs;
    const delayMs = delays[Math.min(attempt, delays.length) - 1];
    if (attempt >= options.maxAttempts || delayMs === undefined) return void park(claimed, reason);
    returned.push({ messageId, attempt, delayMs, reason });
    answered(claimed);
  };

  const deliver = (claimed: Claimed): void => {
    inHand.set(claimed.messageId, claimed);
    const parsed = parseEnvelope(claimed.envelope);
    if (!parsed.ok) {
      log.error({ queue, reason: parsed.reason }, 'a message that cannot be read was parked');
      return void park(claimed, parsed.reason);
    }
    let open = true;
    const once = (answer: () => void) => {
      if (!open) return;
      open = false;
      answer();
    };
    const delivery: Delivery = {
      envelope: parsed.envelope,
      attempt: claimed.attempt,
      ack: () =>
        once(() => {
          acked.push(claimed.messageId);
          answered(claimed);
        }),
      retry: (reason) => once(() => retry(claimed, reason)),
      park: (reason) => once(() => void park(claimed, reason)),
    };
    try {
      options.onDelivery(delivery);
    } catch (error) {
      log.error({ err: error, queue }, 'a subscriber threw');
      delivery.retry('the subscriber threw');
    }
  };

  const worthAnotherClaim = (): boolean => (again || more) && !stopped && inHand.size < options.prefetch;

  const claim = async (): Promise<void> => {
    do {
      again = false;
      const room = options.prefetch - inHand.size;
      if (room <= 0) break;
      more = false;
      await attempted('claim messages', async () => {
        const claimed = await table.claim(queue, room, leaseMs);
        more = claimed.length === room;
        if (stopped) returned.push(...claimed.map((one) => ({ ...one, delayMs: 0, reason: 'not wanted' })));
        else for (const one of claimed) deliver(one);
      });
    } while (worthAnotherClaim());
    claiming = null;
    if (returned.length > 0) writeSoon();
  };

  const wake = (): void => {
    again = true;
    // Deferred: a claim that finds no room ends at once, and must not end before it is remembered.
    if (!stopped) claiming ??= Promise.resolve().then(claim);
  };

  const poll = (): void => {
    wake();
    // Spread over half to one and a half polls, or all nodes ask in the same millisecond for ever.
    cancelPoll = clock.after(options.pollMs * (0.5 + options.random.next()), poll);
  };

  const renewal = (): void => {
    if (inHand.size > 0) {
      renewalDue = true;
      writeSoon();
    }
    cancelRenewal = clock.after(leaseMs / 3, renewal);
  };

  poll();
  renewal();

  return {
    wake,
    async stop() {
      stopped = true;
      cancelPoll();
      await claiming;
    },
    unanswered: () => inHand.size + (writing === null ? 0 : 1),
    async abandon() {
      cancelRenewal();
      returned.push(...[...inHand.values()].map((one) => ({ ...one, delayMs: 0, reason: 'given back' })));
      inHand.clear();
      writeSoon();
      await writing;
    },
  };
};
