import test from 'ava';
import { createVitalSigns } from '../../src/app/vitals.ts';
import type { Delivery, MessageBus } from '../../src/domain/ports/message-bus.ts';
import type { AnyEnvelope } from '../../src/domain/messages.ts';
import { paymentOk } from '../support/envelopes.ts';

const HOUR_MS = 3_600_000;

/** What the closed loop would go by after these came, each for the first time. */
const lagAfter = async (envelopes: readonly AnyEnvelope[]): Promise<number> => {
  const vitals = createVitalSigns();
  let come: (delivery: Delivery) => void = () => undefined;
  const bus = {
    subscribe: async (_queue: string, _prefetch: number, onDelivery: (delivery: Delivery) => void) => {
      come = onDelivery;
      return { unsubscribe: async () => undefined };
    },
  } as unknown as MessageBus;
  await vitals.watchingBus(bus).subscribe('tickets', 5, () => undefined);
  for (const envelope of envelopes) come({ envelope, attempt: 1 } as Delivery);
  return vitals.read().messageLagMs ?? 0;
};

const crowd = (change: Partial<AnyEnvelope>): readonly AnyEnvelope[] =>
  Array.from({ length: 20 }, () => ({ ...paymentOk(), ...change }) as AnyEnvelope);

test('messages that are an hour on their way are late', async (t) => {
  t.true((await lagAfter(crowd({ occurredAtMs: Date.now() - HOUR_MS }))) >= HOUR_MS);
});

test('messages of an hour ago that are said again now are not late, or a lost queue would close the line', async (t) => {
  const lagMs = await lagAfter(
    crowd({ occurredAtMs: Date.now() - HOUR_MS, saidAgainAtMs: Date.now() - 1_000 }),
  );
  t.true(lagMs >= 1_000 && lagMs < 60_000, `${lagMs}`);
});
