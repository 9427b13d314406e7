import test from 'ava';
import { systemIds } from '../../src/infra/environment.ts';
import { createPaymentModel } from '../../src/simulation/model/payment-store.ts';
import { PAYMENT_STORE_RULES } from './payment-store-rules.ts';
import { createVirtualClock } from './virtual-clock.ts';

for (const [title, rule] of PAYMENT_STORE_RULES) {
  test(`in memory: ${title}`, (t) => rule(t, createPaymentModel(createVirtualClock(), systemIds)));
}
