import { randomUUID } from 'node:crypto';
import test from 'ava';
import { admitFan } from '../support/sale.ts';
import { failed, openHouse, paid } from './house.ts';

const RESEAT = { lateMoney: { reseat: true } } as const;

test.serial('late money is honoured while the seats that went back are still free', async (t) => {
  const house = await openHouse(t);
  if (house === null) return;
  const fan = await house.admit();
  const order = await house.orderSeats(fan, ['A-1-1', 'A-1-2'], ['PISTA-3']);
  await house.settle(failed(order));
  t.deepEqual(await house.statuses(), { free: 25 });
  const message = paid(order);
  t.is(await house.settle(message), 'confirmed');
  t.like(await house.book.find(order.orderId), {
    status: 'confirmed',
    reason: null,
    ending: 'honoured',
    reseatedFrom: null,
  });
  t.deepEqual(await house.seatsOf(order.orderId), ['A-1-1', 'A-1-2', 'PISTA-3']);
  t.deepEqual(await house.usage(fan.fanId), { seats: 3, holds: 0 });
  t.is((await house.seat('A-1-1'))?.fence, 2, 'taken anew, under a new fence');
  t.is(await house.settle(message), 'nothing');
  t.is(await house.settle(paid(order)), 'nothing');
  t.deepEqual(await house.said(order.orderId), ['PedidoCriado', 'PedidoConfirmado']);
  t.deepEqual(await house.breaches(), []);
});

test.serial(
  'a hold in the way of late money gives way when its time is over, and stands while it lives',
  async (t) => {
    const house = await openHouse(t);
    if (house === null) return;
    const [first, second, third] = [await house.admit(), await house.admit(), await house.admit()];
    const lucky = await house.orderSeats(first, ['A-1-1']);
    const late = await house.orderSeats(second, ['A-1-2']);
    await house.settle(failed(lucky));
    await house.settle(failed(late));
    await house.hold(third, ['A-1-1'], 0);
    await house.hold(third, ['A-1-2']);
    t.is(await house.settle(paid(lucky)), 'confirmed');
    t.is(await house.settle(paid(late)), 'rejected');
    t.like(await house.book.find(lucky.orderId), { ending: 'honoured' });
    t.like(await house.book.find(late.orderId), { ending: 'refunded', reason: 'seats_lost' });
    t.deepEqual(
      await house.usage(third.fanId),
      { seats: 1, holds: 1 },
      'the hold that was over is off the books',
    );
    t.is((await house.seat('A-1-2'))?.status, 'held');
    t.deepEqual(await house.breaches(), []);
  },
);

test.serial(
  'money after the hold expired and the seat was resold goes back once, and the new owner keeps the seat',
  async (t) => {
    const house = await openHouse(t);
    if (house === null) return;
    const [first, second] = [await house.admit(), await house.admit()];
    const lost = await house.orderSeats(first, ['A-1-1', 'A-1-2']);
    await house.settle(failed(lost));
    const won = await house.orderSeats(second, ['A-1-1']);
    await house.settle(paid(won));
    t.is(await house.settle(paid(lost)), 'rejected');
    t.is(await house.settle(paid(lost)), 'nothing');
    t.like(await house.book.find(lost.orderId), {
      status: 'rejected',
      reason: 'seats_lost',
      ending: 'refunded',
    });
    t.deepEqual(await house.said(lost.orderId), ['PedidoCriado', 'PedidoRejeitado: seats_lost']);
    t.deepEqual(await house.seatsOf(won.orderId), ['A-1-1']);
    t.is((await house.seat('A-1-2'))?.status, 'free', 'all of its seats or none');
    t.deepEqual(await house.usage(first.fanId), { seats: 0, holds: 0 });
    t.deepEqual(await house.breaches(), []);
  },
);

test.serial(
  'where the event allows it late money buys the best other seats of its section, and the order names both',
  async (t) => {
    const house = await openHouse(t, RESEAT);
    if (house === null) return;
    const [first, second] = [await house.admit(), await house.admit()];
    const lost = await house.orderSeats(first, ['A-1-1', 'A-1-2'], ['B-1-5']);
    await house.settle(failed(lost));
    // Leaves A-1-1, and the gap from 3 to 6.
    await house.settle(paid(await house.orderSeats(second, ['A-1-2', 'A-1-7'], ['A-1-9', 'A-1-10'])));
    t.is(await house.settle(paid(lost)), 'confirmed');
    const order = await house.book.find(lost.orderId);
    t.like(order, { status: 'confirmed', ending: 'reseated', amountMinor: lost.amountMinor });
    t.deepEqual(order?.reseatedFrom, lost.seatIds);
    const seats = await house.seatsOf(lost.orderId);
    t.deepEqual(seats, ['A-1-3', 'A-1-4', 'B-1-1']);
    t.deepEqual([...(order?.seatIds ?? [])].sort(), [...seats].sort());
    t.deepEqual(await house.usage(first.fanId), { seats: 3, holds: 0 });
    t.deepEqual(await house.breaches(), []);
  },
);

test.serial('with nothing left to reseat to the money goes back', async (t) => {
  const house = await openHouse(t, {
    ...RESEAT,
    sections: [{ id: 'A', name: 'A', priceMinor: 25_000, rows: [{ name: '1', seats: 2 }] }],
  });
  if (house === null) return;
  const [first, second] = [await house.admit(), await house.admit()];
  const lost = await house.orderSeats(first, ['A-1-1', 'A-1-2']);
  await house.settle(failed(lost));
  await house.settle(paid(await house.orderSeats(second, ['A-1-1'])));
  t.is(await house.settle(paid(lost)), 'rejected');
  t.deepEqual(await house.statuses(), { free: 1, sold: 1 });
  t.deepEqual(await house.breaches(), []);
});

test.serial(
  'late money does not lift a fan over the limit: who has bought elsewhere meanwhile gets it back',
  async (t) => {
    const house = await openHouse(t, { limits: { seatsPerFan: 2, holdsPerFan: 2 } });
    if (house === null) return;
    const fan = await house.admit();
    const lost = await house.orderSeats(fan, ['A-1-1', 'A-1-2']);
    await house.settle(failed(lost));
    await house.settle(paid(await house.orderSeats(fan, ['B-1-1'])));
    t.is(await house.settle(paid(lost)), 'rejected');
    t.like(await house.book.find(lost.orderId), {
      status: 'rejected',
      reason: 'fan_limit',
      ending: 'refunded',
    });
    t.deepEqual(await house.usage(fan.fanId), { seats: 1, holds: 0 });
    t.deepEqual(await house.breaches(), []);
  },
);

test.serial(
  'late payments and new holds after the same few seats at once: each seat is one fan’s, each order has all or nothing',
  async (t) => {
    const house = await openHouse(t, RESEAT);
    if (house === null) return;
    const late = await Promise.all(
      [1, 3, 5, 7, 9].map(async (number) =>
        house.orderSeats(await house.admit(), [`A-1-${number}`, `A-1-${number + 1}`]),
      ),
    );
    for (const order of late) await house.settle(failed(order));
    const rivals = await Promise.all(Array.from({ length: 12 }, () => house.admit()));
    await Promise.all([
      ...late.toReversed().map((order) => house.settle(paid(order))),
      ...rivals.map((fan, index) => house.tryHold(fan, [`A-1-${10 - (index % 10)}`])),
      ...late.map((order) => house.settle(paid(order))),
    ]);
    const ended = await Promise.all(late.map((order) => house.book.find(order.orderId)));
    for (const order of ended) {
      const seats = await house.seatsOf(order?.orderId ?? '');
      t.is(seats.length, order?.status === 'confirmed' ? 2 : 0, order?.status);
      t.true(
        ['honoured', 'reseated', 'refunded'].includes(order?.ending ?? ''),
        order?.ending ?? 'no ending',
      );
    }
    t.deepEqual(await house.breaches(), []);
  },
);

test.serial(
  'another sum than the order costs is decided by a person: honoured if he says so, whatever was paid',
  async (t) => {
    const house = await openHouse(t);
    if (house === null) return;
    const fan = await house.admit();
    const order = await house.orderSeats(fan, ['A-1-1']);
    t.is(await house.settle(paid(order, { amountMinor: 1 })), 'review');
    t.like(await house.book.find(order.orderId), {
      status: 'rejected',
      reason: 'amount_mismatch',
      ending: 'review',
    });
    t.is((await house.seat('A-1-1'))?.status, 'free');
    t.is(await house.settle(paid(order)), 'nothing', 'only a person opens it again');
    t.is(await house.settle(paid(order, { amountMinor: 1, approved: true })), 'confirmed');
    t.like(await house.book.find(order.orderId), { status: 'confirmed', ending: 'honoured', reason: null });
    t.deepEqual(await house.said(order.orderId), [
      'PedidoCriado',
      'PedidoRejeitado: amount_mismatch',
      'PedidoConfirmado',
    ]);
  },
);

test.serial(
  'a sold order whose money a person sends back has void tickets, free seats, and room for its fan again',
  async (t) => {
    const house = await openHouse(t);
    if (house === null) return;
    const fan = await house.admit();
    const order = await house.orderSeats(fan, ['A-1-1', 'A-1-2']);
    await house.settle(paid(order));
    const word = failed(order, 'refunded');
    t.is(await house.settle(word), 'freed');
    t.is(await house.settle(word), 'nothing');
    t.is(await house.settle(failed(order, 'refunded')), 'nothing', 'the stock comes back once');
    t.like(await house.book.find(order.orderId), { status: 'refunded', reason: 'refunded' });
    t.deepEqual(await house.seatsOf(order.orderId), []);
    t.deepEqual(await house.usage(fan.fanId), { seats: 0, holds: 0 });
    const next = await admitFan(house.pool, house.eventId);
    const sold = await house.orderSeats(next, ['A-1-1']);
    t.is(await house.settle(paid(sold)), 'confirmed');
    t.is(await house.settle({ ...paid(order), id: randomUUID() }), 'nothing');
    t.deepEqual(await house.seatsOf(sold.orderId), ['A-1-1']);
  },
);
