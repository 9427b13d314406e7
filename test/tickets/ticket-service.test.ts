import test from 'ava';
import type { ActorRef } from '../../src/actors/kit/actor.ts';
import type { SectionMessage } from '../../src/actors/section-messages.ts';
import type { Fault } from '../../src/actors/kit/reply-port.ts';
import { createTicketService, type TicketServiceOptions } from '../../src/tickets/ticket-service.ts';

const UNUSED = new Proxy(
  {},
  { get: (_, name) => () => Promise.reject(new Error(`${String(name)} was asked`)) },
);

/** A service whose only section answers every hold with this fault. */
const serviceAt = (code: Fault['code']) => {
  const section = { ask: async (): Promise<Fault> => ({ kind: 'fault', code, path: 'guardian/e/A' }) };
  const options = {
    catalogue: { find: async () => ({ eventId: 'e' }) },
    sections: { open: () => null, find: async () => section as unknown as ActorRef<SectionMessage> },
    ledger: UNUSED,
    orders: UNUSED,
    locks: UNUSED,
    watchers: UNUSED,
    ids: UNUSED,
    holdTtlMs: 1_000,
    payWithinMs: 1_000,
    nudgeOutbox: () => undefined,
  };
  return createTicketService(options as unknown as TicketServiceOptions);
};

const OUTCOMES: Readonly<Record<Fault['code'], string>> = {
  mailbox_full: 'overloaded',
  actor_closed: 'section_closed',
  actor_stopped: 'outcome_unknown',
  actor_crashed: 'outcome_unknown',
  deadline: 'outcome_unknown',
};

for (const [code, said] of Object.entries(OUTCOMES)) {
  test(`a hold whose section answers ${code} is told ${said}: nothing was done only where that is certain`, async (t) => {
    const answer = await serviceAt(code as Fault['code']).hold({
      holdId: 'h',
      eventId: 'e',
      sectionId: 'A',
      fanId: 'f',
      passId: 'p',
      fingerprint: '',
      wish: { quantity: 1 },
    });
    t.is<string, string>(answer.kind === 'refused' ? answer.code : answer.kind, said);
  });
}
