import { randomUUID } from 'node:crypto';
import type { Envelope } from '../../src/domain/messages.ts';

/** A message for the queue `tickets`. */
export const paymentOk = (orderId: string = randomUUID()): Envelope<'PagamentoOK'> => ({
  id: randomUUID(),
  type: 'PagamentoOK',
  occurredAtMs: 1_700_000_000_000,
  eventId: randomUUID(),
  orderId,
  data: { attemptId: randomUUID(), amountMinor: 12_500, currency: 'brl' },
});

/** A message for the queue `payments`. */
export const orderRejected = (orderId: string = randomUUID()): Envelope<'PedidoRejeitado'> => ({
  id: randomUUID(),
  type: 'PedidoRejeitado',
  occurredAtMs: 1_700_000_000_000,
  eventId: randomUUID(),
  orderId,
  data: { reason: 'seats_lost' },
});
