import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { newKey, type Problem } from '../../shared/api.ts';
import type { Hold, Order } from '../../shared/documents.ts';
import { now } from './clock.ts';
import { asFan } from './session.ts';
import { stored } from './stored.ts';
import type { Visit } from './visit.ts';

export interface KeptOrder {
  readonly orderId: string;
  readonly eventId: string;
  readonly eventName: string;
  readonly at: string;
}

/** The orders of this browser, newest first. */
export const orders = stored<readonly KeptOrder[]>('orders', []);

export const rememberOrder = (order: KeptOrder): void => {
  orders.value = [order, ...orders.value.filter(({ orderId }) => orderId !== order.orderId)].slice(0, 100);
};

export type Wish = { readonly seatIds: readonly string[] } | { readonly quantity: number };

/** What a fan holds of an event. */
export interface Basket {
  /** Living holds alone. */
  readonly holds: ReadonlySignal<readonly Hold[]>;
  /** The moment at which the first of them ends; null: nothing is held. */
  readonly endsAt: ReadonlySignal<string | null>;
  /** Something that was held has run out since the fan last said that they saw it. */
  readonly lost: ReadonlySignal<readonly Hold[]>;
  forgetLost(): void;
  /** The answer of the server: null, or why not. */
  hold(sectionId: string, wish: Wish): Promise<Problem | null>;
  release(hold: Hold): Promise<void>;
  extend(): Promise<Problem | null>;
  order(): Promise<Order | Problem>;
}

const isAlive = (hold: Hold, nowMs: number): boolean => Date.parse(hold.expiresAt) > nowMs;

export const openBasket = (visit: Visit): Basket => {
  const { eventId } = visit;
  const kept = stored<readonly Hold[]>(`holds.${eventId}`, []);
  /** The wish to order these holds keeps its key across a reload, so that it is one order however often it is sent. */
  const ordering = stored<{ readonly key: string; readonly holdIds: readonly string[] } | null>(
    `ordering.${eventId}`,
    null,
  );
  const busy = signal(0);
  const holds = computed(() => (kept.value ?? []).filter((hold) => isAlive(hold, now.value)));
  const lost = computed(() => (kept.value ?? []).filter((hold) => !isAlive(hold, now.value)));

  const replace = (next: Hold): void => {
    kept.value = [...kept.value.filter(({ holdId }) => holdId !== next.holdId), next];
  };
  const drop = (holdIds: readonly string[]): void => {
    kept.value = kept.value.filter(({ holdId }) => !holdIds.includes(holdId));
  };

  return {
    holds,
    lost,
    endsAt: computed(
      () =>
        holds.value
          .map(({ expiresAt }) => expiresAt)
          .sort()
          .at(0) ?? null,
    ),
    forgetLost: () => drop(lost.value.map(({ holdId }) => holdId)),
    async hold(sectionId, wish) {
      busy.value += 1;
      const reply = await asFan<Hold>('POST', `/v1/events/${eventId}/holds`, {
        key: newKey(),
        headers: { 'catraca-pass': visit.pass.value?.pass ?? '' },
        body: { sectionId, ...wish },
      });
      busy.value -= 1;
      if (reply.ok) replace(reply.body);
      else if (reply.problem.code === 'pass_expired' || reply.problem.code === 'pass_invalid') {
        // The place knows best: it gives the pass again, or says that it is over.
        visit.pass.value = null;
      }
      return reply.ok ? null : reply.problem;
    },
    async release(hold) {
      const reply = await asFan('DELETE', `/v1/holds/${hold.holdId}`);
      if (reply.ok || reply.problem.code === 'hold_not_active' || reply.problem.code === 'not_found')
        drop([hold.holdId]);
    },
    async extend() {
      let problem: Problem | null = null;
      for (const hold of holds.value.filter(({ extended }) => !extended)) {
        const reply = await asFan<Hold>('POST', `/v1/holds/${hold.holdId}/extend`, { key: newKey() });
        if (reply.ok) replace(reply.body);
        else problem = reply.problem;
      }
      return problem;
    },
    async order() {
      const holdIds = holds.value.map(({ holdId }) => holdId).sort();
      const same = JSON.stringify(ordering.value?.holdIds) === JSON.stringify(holdIds);
      if (!same) ordering.value = { key: newKey(), holdIds };
      const reply = await asFan<Order>('POST', '/v1/orders', {
        key: ordering.value?.key ?? newKey(),
        body: { holdIds },
      });
      if (!reply.ok) {
        if (reply.problem.code === 'hold_expired' || reply.problem.code === 'hold_not_active') drop(holdIds);
        return reply.problem;
      }
      rememberOrder({
        orderId: reply.body.orderId,
        eventId,
        eventName: visit.event.value?.name ?? '',
        at: new Date(now.value).toISOString(),
      });
      drop(holdIds);
      ordering.value = null;
      return reply.body;
    },
  };
};
