import { audit, type AuditInput } from '../../src/audit/audit.ts';
import type { ClientHistory, SeatRequest } from '../../src/audit/history.ts';
import { BYPASS_LANE, numberIn } from '../../src/domain/lanes.ts';
import type { Verdict } from '../../src/audit/verdict.ts';
import type { Intent } from '../../src/domain/ports/payment-gateway.ts';
import type {
  AdmissionEntry,
  HoldRecord,
  OrderRecord,
  SaleRecords,
  TicketRecord,
} from '../../src/domain/sale-records.ts';

/**
 * A small sale in which every promise was kept, by hand: fan one bought A-1-1 and A-1-2, fan two let a hold of A-1-3 run out, and
 * fan three cancelled an order for A-1-3 after that. Fan four bought A-1-4 and gave it back. Times in milliseconds from the opening.
 */
export const SOLD_AT_MS = 60_000;

export const admission = (fan: number, admittedAtMs: number): AdmissionEntry => ({
  passId: `pass-${fan}`,
  fanId: `fan-${fan}`,
  number: fan,
  turn: fan,
  admittedAtMs,
  expiresAtMs: admittedAtMs + 600_000,
  leftAtMs: null,
});

export const hold = (
  name: string,
  fan: number,
  seatIds: readonly string[],
  heldAtMs: number,
): HoldRecord => ({
  holdId: name,
  sectionId: 'A',
  fanId: `fan-${fan}`,
  passId: `pass-${fan}`,
  seatIds,
  amountMinor: 1_000 * seatIds.length,
  state: 'ordered',
  heldAtMs,
  expiresAtMs: heldAtMs + 10_000,
});

export const order = (name: string, of: HoldRecord, status: OrderRecord['status']): OrderRecord => ({
  orderId: name,
  fanId: of.fanId,
  attemptId: `attempt-${name}`,
  holdIds: [of.holdId],
  sectionIds: of.seatIds.map(() => 'A'),
  seatIds: of.seatIds,
  amountMinor: of.amountMinor,
  currency: 'BRL',
  status,
  reason: status === 'failed' ? 'cancelled' : null,
  payByMs: of.heldAtMs + 50_000,
  createdAtMs: of.heldAtMs + 1_000,
  settledAtMs: of.heldAtMs + 2_000,
});

export const ticket = (name: string, of: OrderRecord, seatId: string): TicketRecord => ({
  ticketId: name,
  orderId: of.orderId,
  sectionId: 'A',
  seatId,
  fanId: of.fanId,
  voided: false,
});

export const intent = (of: OrderRecord, status: Intent['status']): Intent => ({
  intentId: `pi-${of.orderId}`,
  attemptId: of.attemptId,
  orderId: of.orderId,
  eventId: 'event',
  status,
  amountMinor: of.amountMinor,
  capturedMinor: status === 'captured' ? of.amountMinor : 0,
  refundedMinor: 0,
  currency: 'brl',
  declineCode: null,
});

export const bought = hold('hold-1', 1, ['A-1-1', 'A-1-2'], 2_000);
export const lapsed: HoldRecord = { ...hold('hold-2', 2, ['A-1-3'], 3_000), state: 'expired' };
export const dropped = hold('hold-3', 3, ['A-1-3'], 13_500);
export const paid = order('order-1', bought, 'confirmed');
export const cancelled = order('order-3', dropped, 'failed');
export const regretted = hold('hold-4', 4, ['A-1-4'], 20_000);
export const returned: OrderRecord = { ...order('order-4', regretted, 'refunded'), reason: 'cancelled' };

/** Who went past the line, and did not come. */
export const past = { number: numberIn(BYPASS_LANE, 7), fanId: 'fan-5', spent: false };

export const records: SaleRecords = {
  event: {
    eventId: 'event',
    currency: 'BRL',
    createdAtMs: 0,
    opensAtMs: 0,
    ratePerMinute: 60,
    insideMax: 3,
    knobsVersion: 1,
    seatsPerFan: 4,
    holdsPerFan: 2,
  },
  readAtMs: SOLD_AT_MS,
  seats: [
    { sectionId: 'A', seatId: 'A-1-1', status: 'sold', holdId: 'hold-1', heldUntilMs: null },
    { sectionId: 'A', seatId: 'A-1-2', status: 'sold', holdId: 'hold-1', heldUntilMs: null },
    { sectionId: 'A', seatId: 'A-1-3', status: 'free', holdId: null, heldUntilMs: null },
    { sectionId: 'A', seatId: 'A-1-4', status: 'free', holdId: null, heldUntilMs: null },
  ],
  holds: [bought, lapsed, dropped, regretted],
  orders: [paid, cancelled, returned],
  tickets: [
    ticket('ticket-1', paid, 'A-1-1'),
    ticket('ticket-2', paid, 'A-1-2'),
    { ...ticket('ticket-4', returned, 'A-1-4'), voided: true },
  ],
  attempts: [
    {
      attemptId: 'attempt-order-1',
      orderId: 'order-1',
      intentId: 'pi-order-1',
      status: 'captured',
      amountMinor: 2_000,
    },
    {
      attemptId: 'attempt-order-3',
      orderId: 'order-3',
      intentId: 'pi-order-3',
      status: 'cancelled',
      amountMinor: 1_000,
    },
    {
      attemptId: 'attempt-order-4',
      orderId: 'order-4',
      intentId: 'pi-order-4',
      status: 'refunded',
      amountMinor: 1_000,
    },
  ],
  places: [...[1, 2, 3, 4].map((number) => ({ number, fanId: `fan-${number}`, spent: false })), past],
  admissions: [
    admission(1, 1_000),
    admission(2, 2_500),
    { ...admission(3, 12_000), leftAtMs: 18_000 },
    admission(4, 19_000),
  ],
  access: {
    codes: [
      { codeId: 'code-1', laneId: 'club', usesMax: 1, uses: 1 },
      { codeId: 'code-2', laneId: null, usesMax: null, uses: 1 },
    ],
    redemptions: [
      { codeId: 'code-1', fanId: 'fan-2' },
      { codeId: 'code-2', fanId: 'fan-5' },
    ],
    bypasses: [{ codeId: 'code-2', fanId: 'fan-5' }],
  },
  unsent: { tickets: 0, payments: 0 },
};

export const history: ClientHistory = {
  eventId: 'event',
  placesTold: [1, 2, 3, 4].map((number) => ({ fanId: `fan-${number}`, number })),
  lanesOpened: [
    { fanId: 'fan-2', laneId: 'club' },
    { fanId: 'fan-5', laneId: null },
  ],
  admitted: ['fan-1', 'fan-2', 'fan-3', 'fan-4'],
  holdsTold: [bought, lapsed, dropped, regretted].map(
    ({ fanId, holdId, sectionId, seatIds, expiresAtMs }) => ({
      fanId,
      holdId,
      sectionId,
      seatIds,
      expiresAtMs,
      releasedAtMs: null,
    }),
  ),
  orderAnswers: [paid, cancelled, returned].map(({ fanId, holdIds, createdAtMs, orderId }) => ({
    fanId,
    holdIds,
    answeredAtMs: createdAtMs,
    orderId,
    code: null,
  })),
  salesTold: [
    {
      fanId: 'fan-1',
      orderId: 'order-1',
      tickets: [
        { ticketId: 'ticket-1', seatId: 'A-1-1' },
        { ticketId: 'ticket-2', seatId: 'A-1-2' },
      ],
    },
    { fanId: 'fan-4', orderId: 'order-4', tickets: [{ ticketId: 'ticket-4', seatId: 'A-1-4' }] },
  ],
  repeats: [{ fanId: 'fan-1', what: 'hold', key: 'k', ids: ['hold-1', 'hold-1'] }],
  unknown: [],
  requests: [
    ...[bought, lapsed, dropped, regretted].map((of): SeatRequest => ({
      what: 'hold',
      fanId: of.fanId,
      sectionId: of.sectionId,
      seatIds: of.seatIds,
      invokedAtMs: of.heldAtMs - 10,
      answeredAtMs: of.heldAtMs + 10,
      outcome: { kind: 'ok', id: of.holdId },
    })),
    ...[paid, cancelled, returned].map((of): SeatRequest => ({
      what: 'order',
      fanId: of.fanId,
      holdIds: of.holdIds,
      invokedAtMs: of.createdAtMs - 10,
      answeredAtMs: of.createdAtMs,
      outcome: { kind: 'ok', id: of.orderId },
    })),
    {
      what: 'give_back',
      orderId: 'order-4',
      fanId: 'fan-4',
      invokedAtMs: 40_000,
      answeredAtMs: 40_100,
      outcome: { kind: 'ok', id: 'order-4' },
    },
  ],
  frames: [
    { epoch: 1, asOfMs: 0, serving: 0 },
    { epoch: 1, asOfMs: 1_000, serving: 1 },
    { epoch: 1, asOfMs: 2_500, serving: 2 },
    { epoch: 1, asOfMs: 12_000, serving: 3 },
    { epoch: 1, asOfMs: 19_000, serving: 4 },
  ],
  untruths: [],
  answersCompared: 5,
};

export const input: AuditInput = {
  records,
  intents: [
    intent(paid, 'captured'),
    intent(cancelled, 'cancelled'),
    { ...intent(returned, 'captured'), refundedMinor: returned.amountMinor },
  ],
  history,
  seatsExpected: 4,
  alone: true,
  callTtlMs: 0,
};

/** The promises that are broken after `change`, each once, in order. */
export const brokenAfter = (change: Partial<AuditInput>): readonly string[] => [
  ...new Set(brokenVerdicts(change).map((verdict) => verdict.promise)),
];

export const brokenVerdicts = (change: Partial<AuditInput>): readonly Verdict[] =>
  audit({ ...input, ...change }).filter((verdict) => verdict.state === 'broken');
