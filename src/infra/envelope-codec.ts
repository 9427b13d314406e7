import { z } from 'zod';
import type { AnyEnvelope } from '../domain/messages.ts';
import { ORDER_REASONS } from '../domain/order.ts';

/** What stands on the wire, in AMQP bodies and in `bus.messages`, is checked here before any code believes it. */
const id = z.guid();
const text = z.string().min(1);
const millis = z.number().int();
const minor = z.number().int().min(0);
const reason = z.enum(ORDER_REASONS);

const common = { id, occurredAtMs: millis, saidAgainAtMs: millis.optional(), eventId: id, orderId: id };

const schema = z.discriminatedUnion('type', [
  z.object({
    ...common,
    type: z.literal('PedidoCriado'),
    data: z.object({
      attemptId: text,
      fanId: text,
      amountMinor: minor,
      currency: text,
      payByMs: millis,
      description: z.string(),
    }),
  }),
  z.object({
    ...common,
    type: z.literal('PagamentoOK'),
    data: z.object({
      attemptId: text,
      amountMinor: minor,
      currency: text,
      approved: z.literal(true).optional(),
    }),
  }),
  z.object({
    ...common,
    type: z.literal('PagamentoFalhou'),
    data: z.object({ attemptId: text, reason }),
  }),
  z.object({
    ...common,
    type: z.literal('PedidoConfirmado'),
    data: z.object({ seatIds: z.array(text) }),
  }),
  z.object({
    ...common,
    type: z.literal('PedidoRejeitado'),
    data: z.object({ reason }),
  }),
]);

export type Parsed =
  | { readonly ok: true; readonly envelope: AnyEnvelope }
  | { readonly ok: false; readonly reason: string };

/** Whether `value` is a message of ours; if not, what is wrong with it in one line. */
export const parseEnvelope = (value: unknown): Parsed => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, envelope: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, reason: `not a message: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
};

/** The same for bytes. Never throws. */
export const decodeEnvelope = (bytes: Uint8Array): Parsed => {
  try {
    return parseEnvelope(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return { ok: false, reason: 'not a message: not JSON' };
  }
};

export const encodeEnvelope = (envelope: AnyEnvelope): Buffer => Buffer.from(JSON.stringify(envelope));
