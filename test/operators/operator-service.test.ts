import test from 'ava';
import { refuse } from '../../src/domain/refusal.ts';
import type { SaleEvent } from '../../src/domain/event.ts';
import type { AuditEntry } from '../../src/domain/ports/event-store.ts';
import type { Actor } from '../../src/domain/ports/services.ts';
import { createOperatorService } from '../../src/operators/operator-service.ts';
import { smallShow } from '../support/sale.ts';

const by: Actor = { caller: { id: 'ana', role: 'operator' }, requestId: 'r-1' };

const event: SaleEvent = {
  ...smallShow,
  eventId: 'e-1',
  phaseSetting: 'open',
  admission: { ...smallShow.admission, paused: false, version: 1 },
};

const create = (known = true, written: () => Promise<void> = () => Promise.resolve()) => {
  const unaudited: string[] = [];
  const journal: string[] = [];
  const entries: Omit<AuditEntry, 'at'>[] = [];
  const change = (after: Partial<SaleEvent>) =>
    Promise.resolve(known ? { before: event, after: { ...event, ...after } } : null);
  const service = createOperatorService({
    events: {
      setPhase: (_: string, phaseSetting: SaleEvent['phaseSetting']) => change({ phaseSetting }),
      turnKnobs: (_: string, knobs: object) =>
        change({ admission: { ...event.admission, ...knobs, version: 2 } }),
      find: () => Promise.resolve(known ? event : null),
      countSeats: () =>
        Promise.resolve([
          { sectionId: 'A', free: 1, held: 2, paying: 3, sold: 4 },
          { sectionId: 'B', free: 10, held: 20, paying: 30, sold: 40 },
        ]),
      countOrders: () => Promise.resolve({ awaitingPayment: 1 }),
    } as never,
    audit: {
      append(entry) {
        entries.push(entry);
        journal.push(`audit ${entry.action}`);
        return written();
      },
      newest: () => Promise.resolve([]),
    },
    actors: { tree: () => [], kill: () => known },
    waitingRoom: {
      frame: () => {
        journal.push('frame');
        return Promise.resolve(known ? { reason: 'rate' } : null);
      },
      loop: async () => null,
      plannedRate: async () => null,
      counters: () => {
        journal.push('counters');
        return Promise.resolve(known ? {} : null);
      },
    } as never,
    holds: { of: () => ({ granted: 5, conflicts: 6, refused: 7, p50Ms: 8, p99Ms: 9 }) },
    onUnaudited: (path, error) => void unaudited.push(`${path}: ${String(error)}`),
    closedSections: () => new Set(['B']),
    money: () => Promise.resolve(null),
    bus: { redrive: () => Promise.resolve(7), parked: () => Promise.resolve([]) } as never,
    payments: {
      reviews: () => Promise.resolve([]),
      resolveReview: (reviewId: string, { action }: { action: string }) =>
        Promise.resolve(
          reviewId === 'v-1'
            ? { review: { reviewId, kind: 'capture_lost', action }, repeated: journal.includes('decided') }
            : refuse('review_decided'),
        ),
    } as never,
    clock: { nowMs: () => 1_000 },
    changed(eventId) {
      journal.push(`changed ${eventId}`);
      return Promise.resolve();
    },
  });
  return { service, entries, journal, unaudited };
};

test('every act is audited with who, by which request, the old and the new, before anybody is nudged', async (t) => {
  const { service, entries, journal } = create();
  await service.turnKnobs('e-1', { ratePerMinute: 5 }, by);
  await service.setPhase('e-1', 'paused', by);
  t.deepEqual(journal, ['audit admission.turn', 'changed e-1', 'audit event.phase', 'changed e-1']);
  const [knobs, phase] = entries;
  t.like(knobs, { actor: 'ana', role: 'operator', requestId: 'r-1', target: 'e-1' });
  t.like(knobs?.before, { ratePerMinute: 60_000, version: 1 });
  t.like(knobs?.after, { ratePerMinute: 5, version: 2 });
  t.deepEqual([phase?.before, phase?.after], [{ phase: 'open' }, { phase: 'paused' }]);
});

test('an act on what does not exist is null or false, and leaves no trace in the audit', async (t) => {
  const { service, entries, journal } = create(false);
  t.is(await service.setPhase('e-9', 'open', by), null);
  t.is(await service.turnKnobs('e-9', { paused: true }, by), null);
  t.false(await service.killActor('/nobody', by));
  t.is(await service.numbers('e-9'), null);
  t.deepEqual(entries, []);
  t.false(journal.some((line) => line.startsWith('changed')));
});

test('a kill that cannot be audited has happened all the same, and is told of', async (t) => {
  const { service, unaudited } = create(true, () => Promise.reject(new Error('Postgres is away')));
  t.true(await service.killActor('/guardian/e-1/A', by));
  t.deepEqual(unaudited, ['/guardian/e-1/A: Error: Postgres is away']);
});

test('a kill and a re-drive are audited with what they hit', async (t) => {
  const { service, entries } = create();
  t.true(await service.killActor('/guardian/e-1/A', by));
  t.is(await service.redrive('tickets', 10, by), 7);
  t.deepEqual(
    entries.map(({ action, target, after }) => ({ action, target, after })),
    [
      { action: 'actor.kill', target: '/guardian/e-1/A', after: null },
      { action: 'queue.redrive', target: 'tickets', after: { moved: 7 } },
    ],
  );
});

test('the numbers add up over the sections, and the counters are read after the frame that makes them', async (t) => {
  const { service, journal } = create();
  const numbers = await service.numbers('e-1');
  t.deepEqual(numbers?.seats, { free: 11, held: 22, paying: 33, sold: 44 });
  t.deepEqual(
    numbers?.sections.map((one) => `${one.sectionId} ${one.closed}`),
    ['A false', 'B true'],
  );
  t.is(numbers?.limit, 'rate' as never);
  t.is(numbers?.at, '1970-01-01T00:00:01.000Z');
  t.deepEqual(journal, ['frame', 'counters']);
});

test('a decision about a review is audited once, and a refused one not at all', async (t) => {
  const { service, entries, journal } = create();
  t.like(await service.resolveReview('v-1', 'refund', 'the bank agreed', by), { reviewId: 'v-1' });
  t.like(entries[0], {
    actor: 'ana',
    action: 'review.resolve',
    target: 'v-1',
    after: { action: 'refund', note: 'the bank agreed' },
  });
  journal.push('decided');
  t.like(await service.resolveReview('v-1', 'refund', 'the bank agreed', by), { reviewId: 'v-1' });
  t.like(await service.resolveReview('v-2', 'refund', 'again', by), { code: 'review_decided' });
  t.is(entries.length, 1);
});
