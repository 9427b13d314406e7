import { randomUUID } from 'node:crypto';
import test from 'ava';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { Ticket } from '../../../src/domain/order.ts';
import { createTicketCodes } from '../../../src/infra/jose/ticket-codes.ts';

const SECRET = 'a secret for the tests that is long enough';

const ticket: Ticket = {
  ticketId: randomUUID(),
  orderId: randomUUID(),
  eventId: randomUUID(),
  fanId: randomUUID(),
  seatId: 'A-1-2',
  issuedAtMs: 1_800_000_000_123,
  voided: false,
};

const keysOf = async (codes: ReturnType<typeof createTicketCodes>) =>
  createLocalJWKSet((await codes.publicKeys()) as unknown as JSONWebKeySet);

test('a code names the ticket, its seat and its order, and nothing of the fan', async (t) => {
  const codes = createTicketCodes(SECRET);
  const { payload } = await compactVerify(await codes.sign(ticket), await keysOf(codes));
  t.deepEqual(JSON.parse(new TextDecoder().decode(payload)), {
    tid: ticket.ticketId,
    evt: ticket.eventId,
    seat: 'A-1-2',
    ord: ticket.orderId,
    iat: 1_800_000_000,
  });
});

test('the same ticket has the same code on every node with the same secret', async (t) => {
  t.is(await createTicketCodes(SECRET).sign(ticket), await createTicketCodes(SECRET).sign(ticket));
});

test('a code that was changed, or that another secret signed, does not verify', async (t) => {
  const codes = createTicketCodes(SECRET);
  const keys = await keysOf(codes);
  const code = await codes.sign(ticket);
  const [header, , signature] = code.split('.');
  const payload = Buffer.from(JSON.stringify({ tid: randomUUID() })).toString('base64url');
  await t.throwsAsync(compactVerify(`${header}.${payload}.${signature}`, keys));
  await t.throwsAsync(compactVerify(await createTicketCodes(`${SECRET}!`).sign(ticket), keys));
});

test('the public keys hold nothing private', async (t) => {
  const { keys } = await createTicketCodes(SECRET).publicKeys();
  t.deepEqual(Object.keys(keys[0] ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
});
