import { from } from 'rxjs';
import type { Vitals } from '../domain/closed-loop.ts';
import type { MessageBus } from '../domain/ports/message-bus.ts';
import type { PaymentService } from '../domain/ports/services.ts';
import { RecentTimes } from '../domain/recent-times.ts';
import { systemClock, systemRandom } from '../infra/environment.ts';
import type { Logger } from '../infra/log.ts';
import type { Metrics } from '../infra/metrics.ts';
import { readMessageLag } from '../infra/postgres/message-lag.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { repeating } from '../streams/repeat.ts';
import type { Closing } from './closing.ts';

const LOOK_EVERY_MS = 1_000;
/** Every line asks at each of its ticks: so the times are put in order ten times a second for all, and not for each. */
const JUDGED_MS = 100;
/** One message that was long on its way tells of itself; so many tell of the way. */
const MESSAGES_LEAST = 5;

/** What this process measures of the sale's health as it goes; the closed loop reads it. */
export interface VitalSigns {
  readonly holds: RecentTimes;
  readonly poolWaits: RecentTimes;
  readonly loopLags: RecentTimes;
  /** The same service; how long the gateway takes to open a checkout is noted. */
  timingCheckouts(payments: PaymentService): PaymentService;
  /** The same bus; how old messages are when they come is noted. */
  watchingBus(bus: MessageBus): MessageBus;
  /** Asks Postgres each second how late messages are, until the closing. */
  watch(parts: {
    readonly pool: Pool;
    readonly log: Logger;
    readonly metrics: Metrics;
    readonly closing: Closing;
    readonly brokerUp: () => boolean;
    readonly databaseUp: () => boolean;
  }): void;
  /** From memory. */
  read(): Vitals;
}

export const createVitalSigns = (): VitalSigns => {
  const nowMs = (): number => systemClock.nowMs();
  const [holds, checkouts, poolWaits, loopLags, arrivals] = [
    new RecentTimes(nowMs),
    new RecentTimes(nowMs),
    new RecentTimes(nowMs),
    new RecentTimes(nowMs),
    new RecentTimes(nowMs),
  ];
  let lag = { unsentMs: 0, aheadMs: 0 };
  let brokerUp = (): boolean => true;
  let databaseUp = (): boolean => true;

  const timesNow = () => ({
    holdMs: holds.p90(),
    checkoutMs: checkouts.p90(),
    poolWaitMs: poolWaits.p90(),
    arrivalMs: arrivals.p90(MESSAGES_LEAST) ?? 0,
    loopLagMs: loopLags.p90(),
  });
  let judged = { atMs: Number.NEGATIVE_INFINITY, times: timesNow() };

  const read = (): Vitals => {
    if (Math.abs(nowMs() - judged.atMs) >= JUDGED_MS) judged = { atMs: nowMs(), times: timesNow() };
    const { arrivalMs, ...times } = judged.times;
    return {
      ...times,
      messageLagMs: Math.max(lag.unsentMs, arrivalMs),
      brokerUp: brokerUp(),
      databaseUp: databaseUp(),
    };
  };

  return {
    holds,
    poolWaits,
    loopLags,
    // Not a copy: where the payment service is elsewhere, what it lacks must go on saying so.
    timingCheckouts: (payments) =>
      new Proxy(payments, {
        get(target, name, receiver) {
          if (name !== 'openCheckout') return Reflect.get(target, name, receiver) as unknown;
          return (...order: Parameters<PaymentService['openCheckout']>) =>
            checkouts.time(() => target.openCheckout(...order));
        },
      }),
    watchingBus: (bus) => ({
      ...bus,
      subscribe: (queue, prefetch, onDelivery) =>
        bus.subscribe(queue, prefetch, (delivery) => {
          // A repeat is late because it failed, not because the way is slow.
          if (delivery.attempt === 1) {
            const { occurredAtMs, saidAgainAtMs = occurredAtMs } = delivery.envelope;
            arrivals.record(Math.max(0, nowMs() - lag.aheadMs - saidAgainAtMs));
          }
          onDelivery(delivery);
        }),
    }),
    watch(parts) {
      brokerUp = parts.brokerUp;
      databaseUp = parts.databaseUp;
      const look = async (): Promise<void> => {
        lag = await readMessageLag(parts.pool, nowMs);
      };
      const looking = repeating(() => from(look()), {
        everyMs: LOOK_EVERY_MS,
        jitter: 0.2,
        random: () => systemRandom.next(),
        onError: (error) => parts.log.debug({ err: error }, 'it could not be seen how late messages are'),
      }).subscribe();
      parts.closing.add('vital signs', () => looking.unsubscribe());
      parts.metrics.gauge(
        'catraca_vital_ms',
        'What the closed loop goes by on this node, in milliseconds; absent: nothing was measured lately.',
        ['signal'],
        (gauge) => {
          gauge.reset();
          for (const [signal, value] of Object.entries(read()))
            if (typeof value === 'number') gauge.set({ signal }, value);
        },
      );
    },
    read,
  };
};
