import type { Clock } from '../domain/ports/environment.ts';
import type { MessageBus } from '../domain/ports/message-bus.ts';

export interface FallbackOptions {
  /** The primary must have been unhealthy for so long, as seen by those who publish, before the standby takes messages. */
  readonly afterMs: number;
  readonly clock: Clock;
}

export interface FallbackBus extends MessageBus {
  /** Messages go to the standby now. */
  standbyInUse(): boolean;
}

/**
 * Orders go on while the broker is gone: messages then travel through the standby. Both are listened to at all times, so
 * nothing that either took is left behind; a message that went both ways is counted once by its receiver's inbox.
 */
export const createFallbackBus = (
  primary: MessageBus,
  standby: MessageBus,
  { afterMs, clock }: FallbackOptions,
): FallbackBus => {
  let unhealthySinceMs: number | null = null;

  const standbyInUse = (): boolean => {
    if (primary.healthy()) unhealthySinceMs = null;
    else unhealthySinceMs ??= clock.nowMs();
    return unhealthySinceMs !== null && clock.nowMs() - unhealthySinceMs >= afterMs;
  };

  return {
    kind: primary.kind,
    publish: (envelopes) => (standbyInUse() ? standby : primary).publish(envelopes),
    async subscribe(queue, prefetch, onDelivery) {
      // Together they keep to the bound. The standby is idle as a rule; a prefetch of 1 cannot be shared and is given to both.
      const share = Math.max(1, Math.floor(prefetch / 4));
      const stops = await Promise.all([
        primary.subscribe(queue, Math.max(1, prefetch - share), onDelivery),
        standby.subscribe(queue, share, onDelivery),
      ]);
      return async () => {
        await Promise.all(stops.map((stop) => stop()));
      };
    },
    async parked(queue, limit) {
      const settled = await Promise.allSettled([primary.parked(queue, limit), standby.parked(queue, limit)]);
      return fulfilled(settled).flat().slice(0, limit);
    },
    async redrive(queue, limit) {
      const [first] = await Promise.allSettled([primary.redrive(queue, limit)]);
      const moved = first.status === 'fulfilled' ? first.value : 0;
      const second = moved < limit ? await standby.redrive(queue, limit - moved) : 0;
      return moved + second;
    },
    healthy: () => primary.healthy() || standby.healthy(),
    standbyInUse,
    async close() {
      await Promise.all([primary.close(), standby.close()]);
    },
  };
};

/** What did answer; if nobody did, the first failure. */
const fulfilled = <T>(settled: readonly PromiseSettledResult<T>[]): readonly T[] => {
  const values = settled.filter((one) => one.status === 'fulfilled').map((one) => one.value);
  const [first] = settled;
  if (values.length === 0 && first?.status === 'rejected') throw first.reason;
  return values;
};
