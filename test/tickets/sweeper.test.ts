import test from 'ava';
import { VirtualTimeScheduler } from 'rxjs';
import type { Hold } from '../../src/domain/hold.ts';
import { startSweeper } from '../../src/tickets/sweeper.ts';
import { settled } from '../payments/virtual-clock.ts';

const EVERY_MS = 1_000;

const holdOf = (index: number): Hold => ({
  holdId: `hold-${index}`,
  eventId: 'e',
  sectionId: 'A',
  fanId: 'f',
  seatIds: [`A-1-${index}`],
  fences: [1],
  amountMinor: 1,
  currency: 'BRL',
  expiresAtMs: 0,
  extended: false,
  state: 'expired',
});

/** A house in which `overdue` holds have run out; each sweep of the ledger ends at most as many as asked for. */
const create = (house: {
  overdue: number;
  silentOrders?: number;
  breaks?: boolean;
  gate?: Promise<void>;
}) => {
  const scheduler = new VirtualTimeScheduler();
  const asked: number[] = [];
  const expired: string[] = [];
  const reminded: number[] = [];
  const reminders: (readonly [number, number])[] = [];
  const errors: unknown[] = [];
  const sweeper = startSweeper({
    ledger: {
      async expireHolds(limit: number) {
        asked.push(limit);
        await house.gate;
        if (house.breaks === true) throw new Error('Postgres is away');
        const now = Math.min(limit, house.overdue);
        house.overdue -= now;
        return Array.from({ length: now }, (_, index) => holdOf(house.overdue + index));
      },
    } as never,
    orders: {
      remindOverdue(graceMs: number, limit: number) {
        reminders.push([graceMs, limit]);
        return Promise.resolve(
          Array.from({ length: house.silentOrders ?? 0 }, (_, index) => `order-${index}`),
        );
      },
    } as never,
    everyMs: EVERY_MS,
    random: { next: () => 0 },
    onExpired: (holds) => void expired.push(...holds.map((hold) => hold.holdId)),
    onReminded: (orders) => void reminded.push(orders),
    onError: (error) => void errors.push(error),
    scheduler,
  });
  const until = async (ms: number): Promise<void> => {
    scheduler.maxFrames = ms;
    scheduler.flush();
    await settled();
  };
  return { sweeper, until, asked, expired, reminded, reminders, errors };
};

test('a house whose holds all run out at once is swept empty in one go, each hold told once', async (t) => {
  const { sweeper, until, asked, expired } = create({ overdue: 1_200 });
  await until(EVERY_MS);
  t.is(asked.length, 3, 'two full sweeps and one that found less than it could take');
  t.is(new Set(expired).size, 1_200);
  t.is(expired.length, 1_200);
  sweeper.stop();
});

test('orders that nobody has spoken of are asked about in each sweep, after a grace period', async (t) => {
  const { sweeper, until, reminders, reminded } = create({ overdue: 0, silentOrders: 2 });
  await until(EVERY_MS);
  await until(EVERY_MS * 2);
  t.is(reminders.length, 2);
  t.true(reminders.every(([graceMs, limit]) => graceMs >= 30_000 && limit > 0));
  t.deepEqual(reminded, [2, 2]);
  sweeper.stop();
});

test('a sweep that fails is told, and the next one comes all the same', async (t) => {
  const house = { overdue: 3, breaks: true };
  const { sweeper, until, expired, errors } = create(house);
  await until(EVERY_MS);
  t.is(errors.length, 1);
  t.deepEqual(expired, []);
  house.breaks = false;
  await until(EVERY_MS * 2);
  t.is(expired.length, 3);
  sweeper.stop();
});

test('stopped in the midst of a sweep it takes nothing more', async (t) => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { sweeper, until, asked, reminders } = create({ overdue: 5_000, gate });
  await until(EVERY_MS);
  t.is(asked.length, 1);
  sweeper.stop();
  open();
  await settled();
  await until(EVERY_MS * 3);
  t.is(asked.length, 1);
  t.deepEqual(reminders, []);
});
