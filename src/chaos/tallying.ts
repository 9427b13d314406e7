import type { HistoryLine } from './load/history.ts';

/** What one second of the run saw. */
export interface Second {
  ok: number;
  fail: number;
  unknown: number;
  sales: number;
}

export interface Happened {
  readonly requests: { readonly ok: number; readonly fail: number; readonly unknown: number };
  /** How an order that its fan looked at stood last, by status. */
  readonly ordersSeen: Readonly<Record<string, number>>;
  readonly seconds: readonly Second[];
}

export interface Tallying {
  read(line: HistoryLine): void;
  happened(): Happened;
}

const LOOKS_AT_ORDERS: readonly string[] = ['order', 'follow'];

/** Adds up the history as it is written. */
export const createTallying = (startedAtMs: () => number): Tallying => {
  const seconds: Second[] = [];
  const requests = { ok: 0, fail: 0, unknown: 0 };
  const statusOf = new Map<string, string>();
  const secondOf = (atMs: number): Second => {
    const index = Math.max(0, Math.floor((atMs - startedAtMs()) / 1_000));
    while (seconds.length <= index) seconds.push({ ok: 0, fail: 0, unknown: 0, sales: 0 });
    return seconds[index] as Second;
  };
  const noteOrder = (said: { readonly orderId?: unknown; readonly status?: unknown }, atMs: number): void => {
    const { orderId, status } = said;
    if (typeof orderId !== 'string' || typeof status !== 'string') return;
    if (status === 'confirmed' && statusOf.get(orderId) !== 'confirmed') secondOf(atMs).sales += 1;
    statusOf.set(orderId, status);
  };
  return {
    read(line) {
      if (line.type !== 'ok' && line.type !== 'fail' && line.type !== 'unknown') return;
      requests[line.type] += 1;
      secondOf(line.atMs)[line.type] += 1;
      if (LOOKS_AT_ORDERS.includes(line.op) && line.said !== undefined) noteOrder(line.said, line.atMs);
    },
    happened() {
      const ordersSeen: Record<string, number> = {};
      for (const status of statusOf.values()) ordersSeen[status] = (ordersSeen[status] ?? 0) + 1;
      return { requests: { ...requests }, ordersSeen, seconds: [...seconds] };
    },
  };
};
