import test from 'ava';
import type { EventDocument, Frame, Order } from '../../web/shared/documents.ts';
import { faceOf } from '../../web/fan/orders/order-face.ts';
import { aheadOf, stageOf, type Known } from '../../web/fan/state/stage.ts';

const NOW = Date.parse('2026-12-01T12:00:00Z');
const at = (ms: number): string => new Date(NOW + ms).toISOString();

const event: EventDocument = {
  eventId: '0190a000-0000-7000-8000-000000000001',
  name: 'Noite',
  venue: 'Arena',
  currency: 'BRL',
  opensAt: at(-1_000),
  phase: 'open',
  limits: { seatsPerFan: 4, holdsPerFan: 2 },
  sections: [{ sectionId: 'A', name: 'A', priceMinor: 100, seats: 10, left: 3 }],
};

const frame = {
  eventId: event.eventId,
  epoch: 1,
  phase: 'open',
  serving: 10,
  joined: 50,
  inside: 0,
  ratePerMinute: 60,
  reason: 'rate',
  drawn: true,
  opensAt: event.opensAt,
  at: at(0),
} as unknown as Frame;

const place = { place: 'signed', number: 15, recoveryCode: 'ABCDE' };
const pass = { pass: 'pass', expiresAt: at(60_000) };

const known = (change: Partial<Known> = {}): Known => ({
  event,
  frame,
  place: null,
  standing: null,
  pass: null,
  heldUntil: null,
  nowMs: NOW,
  ...change,
});

test('a fan stands before the door, waits, is called, and is inside, as frame, place and pass say', (t) => {
  t.is(stageOf(known({ event: null })), 'loading');
  t.is(stageOf(known()), 'door');
  t.is(stageOf(known({ place })), 'waiting');
  t.is(stageOf(known({ place: { ...place, number: 10 } })), 'called');
  t.is(stageOf(known({ place, pass })), 'inside');
});

test('before the opening nobody is called, and the moment itself needs no document that says so', (t) => {
  const soon = { ...event, phase: 'pending' as const, opensAt: at(1_000) };
  const pending = { ...frame, phase: 'pending' as const };
  t.is(stageOf(known({ event: soon, frame: pending })), 'soon');
  t.is(stageOf(known({ event: soon, frame: pending, place: { ...place, number: 5 } })), 'waiting');
  t.is(stageOf(known({ event: soon, frame: null, nowMs: NOW + 2_000 })), 'door');
});

test('a pass that ran out ends the visit, but not for those who still hold seats', (t) => {
  const late = { place, pass: { ...pass, expiresAt: at(-1) } };
  t.is(stageOf(known(late)), 'over');
  t.is(stageOf(known({ ...late, heldUntil: at(5_000) })), 'inside');
  t.is(stageOf(known({ ...late, heldUntil: at(-1) })), 'over');
});

test('what is sold out or closed says so, before a place is looked at', (t) => {
  const gone = { ...event, sections: event.sections.map((section) => ({ ...section, left: 0 })) };
  t.is(stageOf(known({ event: gone })), 'sold_out');
  t.is(stageOf(known({ event: gone, place, pass })), 'inside', 'who is inside sees what comes back');
  t.is(stageOf(known({ frame: { ...frame, phase: 'closed' }, place })), 'closed');
});

test('people in front are counted from the frame, and before a draw nobody has a place in an order', (t) => {
  t.is(aheadOf(known({ place })), 4);
  t.is(aheadOf(known({ place: { ...place, number: 3 } })), 0);
  t.is(aheadOf(known()), null);
  const undrawn = known({ place, frame: { ...frame, drawn: false } });
  t.is(aheadOf(undrawn), null);
  t.is(stageOf({ ...undrawn, place: { ...place, number: 1 } }), 'waiting');
});

const order = (change: Partial<Order> = {}): Order => ({
  orderId: event.eventId,
  eventId: event.eventId,
  status: 'awaiting_payment',
  amountMinor: 100,
  currency: 'BRL',
  checkoutUrl: 'https://bank.example/pay/1',
  payBy: at(60_000),
  seats: ['A-1-1'],
  tickets: [],
  ...change,
});

const came = { back: false, status: null } as const;

test('each way in which an order can stand has a screen of its own', (t) => {
  const titles = [
    faceOf(order(), came, NOW),
    faceOf(order({ checkoutUrl: null }), came, NOW),
    faceOf(order(), { back: true, status: 'failed' }, NOW),
    faceOf(order(), { back: true, status: null }, NOW),
    faceOf(order({ status: 'confirming' }), came, NOW),
    faceOf(order({ status: 'confirmed' }), came, NOW),
    faceOf(order({ status: 'failed', reason: 'declined' }), came, NOW),
    faceOf(order({ status: 'failed', reason: 'cancelled' }), came, NOW),
    faceOf(order({ status: 'expired' }), came, NOW),
    faceOf(order({ status: 'rejected' }), came, NOW),
    faceOf(order({ status: 'refunded' }), came, NOW),
    faceOf(order({ status: 'rejected', ending: 'review' }), came, NOW),
  ].map(({ title }) => title);
  t.is(new Set(titles).size, titles.length);
});

test('what the address says of a payment is a hint: past the time to pay nobody is told that the seats are theirs', (t) => {
  const late = order({ payBy: at(-1) });
  t.is(faceOf(late, { back: true, status: 'failed' }, NOW).title, 'unknownTitle');
  t.is(faceOf(order({ status: 'confirmed' }), { back: true, status: 'failed' }, NOW).title, 'confirmedTitle');
  t.is(faceOf(order(), { back: true, status: 'succeeded' }, NOW).title, 'checkingTitle');
});
