import test from 'ava';
import { isSettled, orderMayBecome, type OrderStatus } from '../../src/domain/order.ts';

const ALL: readonly OrderStatus[] = [
  'awaiting_payment',
  'confirming',
  'confirmed',
  'failed',
  'expired',
  'rejected',
  'refunded',
];

test('an order goes only these ways', (t) => {
  const ways = Object.fromEntries(ALL.map((from) => [from, ALL.filter((to) => orderMayBecome(from, to))]));
  t.deepEqual(ways, {
    awaiting_payment: ['confirming', 'confirmed', 'failed', 'expired', 'rejected'],
    confirming: ['confirmed', 'failed', 'expired', 'rejected'],
    confirmed: ['refunded'],
    failed: ['confirmed', 'rejected', 'refunded'],
    expired: ['confirmed', 'rejected', 'refunded'],
    rejected: ['confirmed', 'refunded'],
    refunded: [],
  });
});

test('only money leads from an end to tickets, and refunded is the end of everything', (t) => {
  const reach = (from: OrderStatus, seen = new Set<OrderStatus>()): ReadonlySet<OrderStatus> => {
    for (const to of ALL.filter((one) => orderMayBecome(from, one) && !seen.has(one))) {
      seen.add(to);
      reach(to, seen);
    }
    return seen;
  };
  t.deepEqual([...reach('refunded')], []);
  for (const ended of ['failed', 'expired', 'rejected'] as const)
    t.false(reach(ended).has('awaiting_payment') || reach(ended).has('confirming'), ended);
  for (const status of ALL) t.false(orderMayBecome(status, status), `${status} is entered once`);
  for (const status of ALL.filter((one) => one !== 'refunded')) t.true(reach(status).has('refunded'), status);
});

test('the seats of an order are settled when it neither waits for money nor for its commit', (t) => {
  t.deepEqual(
    ALL.filter((status) => !isSettled(status)),
    ['awaiting_payment', 'confirming'],
  );
});
