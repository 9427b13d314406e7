import { isSettled } from '../domain/order.ts';
import type { Edge } from './edge.ts';
import { readOrder, type OrderDocument } from './order-view.ts';
import type { SseStream } from './sse.ts';

type WatchEdge = Pick<Edge, 'tickets' | 'payments' | 'ticketCodes' | 'options' | 'clock' | 'log'>;

/**
 * Calls `onOrder` with the order after each change, one reading at a time: a change during a reading causes one more after
 * it, so the last state is always seen and readings never pile up.
 */
const follow = (
  edge: WatchEdge,
  orderId: string,
  fanId: string,
  onOrder: (order: OrderDocument) => void,
): (() => void) => {
  let reading = false;
  let again = false;
  let stopped = false;
  const read = async (): Promise<void> => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    again = false;
    try {
      const order = await readOrder(edge, orderId, fanId);
      if (order !== null && !stopped) onOrder(order);
    } catch (error) {
      edge.log.warn({ err: error, orderId }, 'a watched order could not be read');
    }
    reading = false;
    if (again && !stopped) void read();
  };
  const unwatch = edge.tickets.watchOrder(orderId, () => void read());
  // What changed between the caller's own reading and the watch would otherwise be told only with the next change.
  void read();
  return () => {
    stopped = true;
    unwatch();
  };
};

/** The order once it is settled, or as it is after `waitMs`. Null if it is not this fan's. */
export const settledOrder = async (
  edge: WatchEdge,
  orderId: string,
  fanId: string,
  waitMs: number,
): Promise<OrderDocument | null> => {
  if (waitMs === 0) return readOrder(edge, orderId, fanId);
  let stop = (): void => undefined;
  const settled = await new Promise<OrderDocument | null>((resolve) => {
    const cancel = edge.clock.after(waitMs, () => resolve(null));
    const unfollow = follow(edge, orderId, fanId, (order) => {
      if (isSettled(order.status)) resolve(order);
    });
    stop = () => {
      cancel();
      unfollow();
    };
  });
  stop();
  return settled ?? readOrder(edge, orderId, fanId);
};

/** Feeds a stream with `first` and every state after it, and ends it when the order is settled. */
export const streamOrder =
  (edge: WatchEdge, first: OrderDocument, fanId: string) =>
  (stream: SseStream): (() => void) => {
    let last = '';
    const show = (order: OrderDocument): void => {
      const text = JSON.stringify(order);
      if (text === last) return;
      last = text;
      stream.send(order);
      if (isSettled(order.status)) stream.end();
    };
    show(first);
    return isSettled(first.status) ? () => undefined : follow(edge, first.orderId, fanId, show);
  };
