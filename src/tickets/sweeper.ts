import { from, type SchedulerLike, type Subscription } from 'rxjs';
import type { Hold } from '../domain/hold.ts';
import type { Random } from '../domain/ports/environment.ts';
import type { OrderBook } from '../domain/ports/order-book.ts';
import type { SeatLedger } from '../domain/ports/seat-ledger.ts';
import { repeating } from '../streams/repeat.ts';

/** Enough for a whole house that lets its holds run out in the same second, in a few statements. */
const HOLDS_A_SWEEP = 500;
const ORDERS_A_SWEEP = 200;
/** The payment service closes unpaid orders by itself when their time is over; after this much longer it is asked again. */
const OVERDUE_GRACE_MS = 30_000;

export interface SweeperOptions {
  readonly ledger: SeatLedger;
  readonly orders: OrderBook;
  readonly everyMs: number;
  readonly random: Random;
  readonly onExpired: (holds: readonly Hold[]) => void;
  readonly onReminded: (orders: number) => void;
  readonly onError: (error: unknown) => void;
  readonly scheduler?: SchedulerLike;
}

/**
 * Frees the seats of holds whose time is over, and asks again about orders that nobody has spoken of. It never frees a
 * seat that is `paying`: only the gateway's word does that. Any number of copies may run.
 */
export const startSweeper = (options: SweeperOptions): { stop(): void } => {
  let stopped = false;
  const sweep = async (): Promise<void> => {
    for (;;) {
      if (stopped) return;
      const holds = await options.ledger.expireHolds(HOLDS_A_SWEEP);
      if (holds.length > 0) options.onExpired(holds);
      if (holds.length < HOLDS_A_SWEEP) break;
    }
    if (stopped) return;
    const reminded = await options.orders.remindOverdue(OVERDUE_GRACE_MS, ORDERS_A_SWEEP);
    if (reminded.length > 0) options.onReminded(reminded.length);
  };
  const subscription: Subscription = repeating(() => from(sweep()), {
    everyMs: options.everyMs,
    jitter: 0.2,
    random: () => options.random.next(),
    onError: options.onError,
    ...(options.scheduler === undefined ? {} : { scheduler: options.scheduler }),
  }).subscribe();
  return {
    stop() {
      stopped = true;
      subscription.unsubscribe();
    },
  };
};
