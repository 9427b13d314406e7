import { signal, type ReadonlySignal } from '@preact/signals';
import { jittered, pause, type Problem } from '../../shared/api.ts';
import type { EventDocument, Order } from '../../shared/documents.ts';
import { follow } from '../../shared/event-stream.ts';
import { rememberOrder } from '../state/basket.ts';
import { asFan, tokenNow } from '../state/session.ts';
import { readEventOnce } from '../state/visit.ts';

/** Where no stream stands an order is asked for; it is soon settled, so this is short. */
const POLL_MS = 3_000;

export interface OrderWatch {
  readonly order: ReadonlySignal<Order | null>;
  readonly event: ReadonlySignal<EventDocument | null>;
  readonly problem: ReadonlySignal<Problem | null>;
  cancel(): Promise<Problem | null>;
  /** Null: it is given back. */
  giveBack(): Promise<Problem | null>;
  close(): void;
}

const isSettled = ({ status }: Order): boolean => status !== 'awaiting_payment' && status !== 'confirming';

/** Follows an order until it is settled; afterwards only a new look tells of a refund. */
export const watchOrder = (orderId: string): OrderWatch => {
  const path = `/v1/orders/${orderId}`;
  const abort = new AbortController();
  const order = signal<Order | null>(null);
  const event = signal<EventDocument | null>(null);
  const problem = signal<Problem | null>(null);

  const see = (next: Order): void => {
    order.value = next;
    problem.value = null;
  };

  const read = async (): Promise<void> => {
    const reply = await asFan<Order>('GET', path, { tries: 1 });
    if (reply.ok) see(reply.body);
    else if (order.value === null) problem.value = reply.problem;
  };

  const run = async (): Promise<void> => {
    await read();
    while (order.value === null && problem.value?.code !== 'not_found' && !abort.signal.aborted) {
      await pause(jittered(POLL_MS), abort.signal);
      await read();
    }
    const first = order.value;
    if (first === null || abort.signal.aborted) return;
    const about = await readEventOnce(first.eventId);
    if (about.ok) {
      event.value = about.body;
      rememberOrder({
        orderId,
        eventId: first.eventId,
        eventName: about.body.name,
        at: new Date().toISOString(),
      });
    }
    if (isSettled(first)) return;
    let streaming = false;
    const unfollow = follow<Order>(`${path}/stream`, {
      token: tokenNow(),
      onMessage: see,
      onState: (open) => {
        streaming = open;
      },
      onEnd: () => {
        streaming = false;
      },
    });
    abort.signal.addEventListener('abort', unfollow);
    while (!abort.signal.aborted && order.value !== null && !isSettled(order.value)) {
      await pause(jittered(POLL_MS), abort.signal);
      // A stream tells of changes; a checkout that opened late is none.
      const lacksCheckout = order.value.status === 'awaiting_payment' && order.value.checkoutUrl === null;
      if (!abort.signal.aborted && (!streaming || lacksCheckout)) await read();
    }
    unfollow();
  };
  void run();

  return {
    order,
    event,
    problem,
    async cancel() {
      const reply = await asFan<Order>('DELETE', path);
      if (!reply.ok) return reply.problem;
      see(reply.body);
      return null;
    },
    async giveBack() {
      const reply = await asFan<Order>('POST', `${path}/refund`);
      if (!reply.ok) return reply.problem;
      see(reply.body);
      return null;
    },
    close: () => abort.abort(),
  };
};
