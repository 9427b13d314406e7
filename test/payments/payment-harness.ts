import { createPaymentService, type RunningPaymentService } from '../../src/payments/payment-service.ts';
import type { PaymentLog } from '../../src/payments/payment-log.ts';
import type { Attempt } from '../../src/domain/attempt.ts';
import type { AnyEnvelope } from '../../src/domain/messages.ts';
import type { Order } from '../../src/domain/order.ts';
import type { Delivery, MessageBus } from '../../src/domain/ports/message-bus.ts';
import type { PaymentStore } from '../../src/domain/ports/payment-store.ts';
import type { IntentStatus, PaymentGateway } from '../../src/domain/ports/payment-gateway.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { ScriptedGateway } from '../../src/simulation/model/payment-gateway.ts';
import { createPaymentModel } from '../../src/simulation/model/payment-store.ts';
import { anAttempt } from './payment-store-rules.ts';
import { createVirtualClock, settled } from './virtual-clock.ts';

export const PAY_WITHIN_MS = 600_000;

export type Answer = 'ack' | `retry: ${string}` | `park: ${string}` | null;

/** A bus that records what is published, and hands the service what a test delivers. */
export const createRecordingBus = () => {
  const published: AnyEnvelope[] = [];
  let onDelivery: ((delivery: Delivery) => void) | null = null;
  const bus: MessageBus = {
    kind: 'postgres',
    publish: async (envelopes) => {
      published.push(...envelopes);
      return envelopes.map(() => 'confirmed');
    },
    subscribe: async (_queue, _prefetch, handler) => {
      onDelivery = handler;
      return async () => {
        onDelivery = null;
      };
    },
    parked: async () => [],
    redrive: async () => 0,
    healthy: () => true,
    close: async () => undefined,
  };
  const deliver = async (envelope: AnyEnvelope): Promise<Answer> => {
    let answer: Answer = null;
    onDelivery?.({
      envelope,
      attempt: 1,
      // Of several answers the first counts, as on a real bus: an ack cannot be taken back.
      ack: () => (answer ??= 'ack'),
      retry: (reason) => (answer ??= `retry: ${reason}`),
      park: (reason) => (answer ??= `park: ${reason}`),
    });
    await settled();
    return answer;
  };
  return { bus, published, deliver, subscribed: () => onDelivery !== null };
};

export interface HarnessOptions {
  /** Wraps the store, to break it on purpose. */
  readonly breakStore?: (store: PaymentStore) => PaymentStore;
}

/** One order, a gateway to script, a store in memory, and time that passes only when told. */
export const createHarness = (options: HarnessOptions = {}) => {
  const clock = createVirtualClock();
  const memory = createPaymentModel(clock, systemIds);
  const gateway = new ScriptedGateway();
  const { bus, published, deliver, subscribed } = createRecordingBus();
  const alarms: string[] = [];
  const log: PaymentLog = {
    info: () => undefined,
    warn: () => undefined,
    error: (context) => void alarms.push((context as { alarm?: string }).alarm ?? 'error'),
  };
  const wanted = anAttempt({ payByMs: clock.nowMs() + PAY_WITHIN_MS });
  const order: Order = {
    ...wanted,
    fanId: wanted.orderId,
    status: 'awaiting_payment',
    reason: null,
    holdIds: [],
    seatIds: ['A-1-1'],
    sectionIds: ['A'],
    createdAtMs: clock.nowMs(),
  };
  const store = options.breakStore?.(memory.store) ?? memory.store;
  /** A service as after a fresh start of the process: it knows only what the store and the gateway know. `wrap` breaks its parts. */
  const restart = (wrap: <P extends object>(part: P) => P = (part) => part): RunningPaymentService =>
    createPaymentService({
      store: wrap(store),
      reviews: memory.reviews,
      outbox: wrap(memory.outbox),
      gateway: wrap<PaymentGateway>(gateway),
      bus,
      clock,
      random: { next: () => 0.5 },
      log,
    });

  const envelope = (
    type: 'PedidoCriado' | 'PedidoConfirmado' | 'PedidoRejeitado',
    id: string,
    occurredAtMs = 0,
  ): AnyEnvelope => {
    const data = {
      PedidoCriado: { ...wanted, fanId: order.fanId },
      PedidoConfirmado: { seatIds: order.seatIds },
      PedidoRejeitado: { reason: 'seats_lost' },
    }[type];
    return { id, type, occurredAtMs, eventId: order.eventId, orderId: order.orderId, data } as AnyEnvelope;
  };

  return {
    clock,
    gateway,
    memory,
    bus,
    published,
    deliver,
    subscribed,
    alarms,
    order,
    wanted,
    restart,
    envelope,
    attempt: async (): Promise<Attempt | null> => memory.store.find(wanted.attemptId),
    status: async (): Promise<string | undefined> => (await memory.store.find(wanted.attemptId))?.status,
    said: (): readonly string[] => memory.said().map((one) => one.type),
    intentStatus: (): IntentStatus | undefined => [...gateway.intents.values()][0]?.status,
  };
};

export type Harness = ReturnType<typeof createHarness>;
