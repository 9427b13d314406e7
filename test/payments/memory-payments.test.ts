import test from 'ava';
import { createMemoryPayments } from './memory-payments.ts';
import { PAYMENT_STORE_RULES } from './payment-store-rules.ts';
import { createVirtualClock } from './virtual-clock.ts';

for (const [title, rule] of PAYMENT_STORE_RULES) {
  test(`in memory: ${title}`, (t) => rule(t, createMemoryPayments(createVirtualClock())));
}
