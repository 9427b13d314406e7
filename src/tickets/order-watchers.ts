import { of, type Subscription } from 'rxjs';
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

/** Who waits for news of an order on this node. */
export const createOrderWatchers = (random: Random): OrderWatchers => {
  const watchers = new Map<OrderId, Set<() => void>>();
  let looking: Subscription | null = null;

  const lookAtAll = (): void => {
    for (const all of watchers.values()) for (const onChange of all) onChange();
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
        // A watcher that throws is its own affair; the others go on.
        onError: () => undefined,
      }).subscribe();
    }
  };

  return {
    watch(orderId, onChange) {
      const all = watchers.get(orderId) ?? new Set();
      all.add(onChange);
      watchers.set(orderId, all);
      keepLooking();
      return () => {
        all.delete(onChange);
        if (all.size === 0 && watchers.get(orderId) === all) watchers.delete(orderId);
        keepLooking();
      };
    },
    changed(orderId) {
      for (const onChange of watchers.get(orderId) ?? []) onChange();
    },
    stop() {
      looking?.unsubscribe();
      looking = null;
      watchers.clear();
    },
  };
};
