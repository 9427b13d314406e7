import { signal, type ReadonlySignal } from '@preact/signals';
import { ask } from '../../shared/api.ts';
import type { EventDocument, OrderSummary } from '../../shared/documents.ts';
import { orders as kept } from '../state/basket.ts';
import { asFan, isKnown } from '../state/session.ts';

/** An order as the list shows it; what only this browser remembers has no `summary`. */
export interface ListedOrder {
  readonly orderId: string;
  readonly eventName: string;
  readonly at: string;
  readonly summary: OrderSummary | null;
}

const listed = signal<readonly ListedOrder[]>([]);

/** This fan's orders, newest first. */
export const myOrders: ReadonlySignal<readonly ListedOrder[]> = listed;

const remembered = (): readonly ListedOrder[] => kept.value.map((order) => ({ ...order, summary: null }));

/** Shows what this browser remembers at once, and then what the server knows, also of what was bought elsewhere. */
export const loadOrders = async (): Promise<void> => {
  listed.value = remembered();
  if (!isKnown()) return;
  const [mine, events] = await Promise.all([
    asFan<{ orders: readonly OrderSummary[] }>('GET', '/v1/orders', { tries: 2 }),
    ask<{ events: readonly EventDocument[] }>('GET', '/v1/events'),
  ]);
  if (!mine.ok) return;
  const names = new Map(events.ok ? events.body.events.map(({ eventId, name }) => [eventId, name]) : []);
  const known = mine.body.orders.map((summary) => ({
    orderId: summary.orderId,
    eventName:
      names.get(summary.eventId) ??
      kept.value.find(({ orderId }) => orderId === summary.orderId)?.eventName ??
      summary.orderId.slice(0, 8),
    at: summary.placedAt,
    summary,
  }));
  const ids = new Set(known.map(({ orderId }) => orderId));
  listed.value = [...known, ...remembered().filter(({ orderId }) => !ids.has(orderId))];
};
