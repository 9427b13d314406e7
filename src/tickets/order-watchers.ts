import { of, type SchedulerLike, type Subscription } from 'rxjs';
import type { OrderId } from '../domain/ids.ts';
import type { Random } from '../domain/ports/environment.ts';
import { repeating } from '../streams/repeat.ts';

/** Orders also change on other nodes, which do not tell us: whoever watches looks again this often. */
const LOOK_EVERY_MS = 2_000;

export interface OrderWatchers {
  watch(orderId: OrderId, onChange: () => void): () => void;
  changed(orderId: OrderId): void;
  stop(): void;
}

/** A watcher that throws is its own affair: neither the others nor whoever settled the order may suffer from it. */
const callAll = (watchers: Iterable<() => void>): void => {
  for (const onChange of watchers) {
    try {
      onChange();
    } catch {
      // It hears of the next change all the same.
    }
  }
};

/** Who waits for news of an order on this node. */
export const createOrderWatchers = (random: Random, scheduler?: SchedulerLike): OrderWatchers => {
  const watchers = new Map<OrderId, Set<() => void>>();
  let looking: Subscription | null = null;

  const lookAtAll = (): void => {
    for (const all of watchers.values()) callAll(all);
  };

  const keepLooking = (): void => {
    if (watchers.size === 0) {
      looking?.unsubscribe();
      looking = null;
    } else {
      looking ??= repeating(() => of(lookAtAll()), {
        everyMs: LOOK_EVERY_MS,
        jitter: 0.2,
        random: () => random.next(),
        onError: () => undefined,
        ...(scheduler === undefined ? {} : { scheduler }),
      }).subscribe();
    }
  };

  return {
    watch(orderId, onChange) {
      const all = watchers.get(orderId) ?? new Set();
      // Of its own, so that one function given twice is two watchers.
      const own = (): void => onChange();
      all.add(own);
      watchers.set(orderId, all);
      keepLooking();
      return () => {
        all.delete(own);
        if (all.size === 0 && watchers.get(orderId) === all) watchers.delete(orderId);
        keepLooking();
      };
    },
    changed(orderId) {
      callAll(watchers.get(orderId) ?? []);
    },
    stop() {
      looking?.unsubscribe();
      looking = null;
      watchers.clear();
    },
  };
};
