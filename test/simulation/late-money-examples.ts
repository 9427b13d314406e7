import type { SaleOperation } from './sale-operations.ts';

const admit = (fan: number): SaleOperation => ({ do: 'admit', fan, number: fan + 1, hours: 9, epoch: 9 });
const hold = (holdIndex: number, fan: number, seats: number[], hours = 1): SaleOperation => ({
  do: 'hold',
  wishes: [{ hold: holdIndex, fan, passOf: null, section: 'A', seats, hours, fingerprint: 'f' }],
});
const order = (index: number, fan: number, holds: number[]): SaleOperation => ({
  do: 'order',
  order: index,
  fan,
  holds,
  hours: 1,
  fingerprint: 'f',
});
const message = (id: number, change: Partial<(SaleOperation & { do: 'settle' })['messages'][number]>) => ({
  id,
  order: 0,
  ok: true,
  wrongSum: false,
  approved: false,
  reason: 'declined' as const,
  ...change,
});
const settle = (...messages: ReturnType<typeof message>[]): SaleOperation => ({ do: 'settle', messages });
const no = (id: number): SaleOperation => settle(message(id, { ok: false }));
const paid = (id: number): SaleOperation => settle(message(id, {}));
const refunded = (id: number): SaleOperation => settle(message(id, { ok: false, reason: 'refunded' }));

/** Fan 0 has ordered two seats and was told no. */
const FAILED = [admit(0), admit(1), admit(2), hold(0, 0, [0, 1]), order(0, 0, [0]), no(0)];

/** Each ending of late money, once for certain: whatever the random operations meet. */
export const LATE_MONEY: readonly SaleOperation[][] = [
  [...FAILED, paid(1), refunded(2), settle(message(3, { approved: true }))],
  [...FAILED, hold(1, 1, [0], 0), hold(2, 2, [1], 0), { do: 'wait', hours: 1 }, paid(1)],
  [...FAILED, { do: 'wait', hours: 1 }, hold(1, 1, [0]), paid(1)],
  [...FAILED, { do: 'wait', hours: 1 }, paid(1)],
  [...FAILED, hold(1, 1, [0]), paid(1), settle(message(2, { approved: true }))],
  [...FAILED, hold(1, 0, [0, 1, 2]), paid(1)],
  [
    ...FAILED,
    hold(1, 1, [0]),
    hold(2, 2, [1, 2]),
    order(1, 1, [1]),
    settle(message(1, { order: 1, ok: false }), message(2, { order: 1 }), message(3, {}), message(3, {})),
  ],
  [...FAILED, hold(1, 0, [2]), { do: 'release', hold: 1, fan: 0 }, hold(2, 0, [2]), paid(1)],
  [
    admit(0),
    hold(0, 0, [0, 1]),
    order(0, 0, [0]),
    settle(message(0, { wrongSum: true })),
    settle(message(1, { approved: true, wrongSum: true }), message(2, { approved: true })),
  ],
  [admit(0), hold(0, 0, [0]), order(0, 0, [0]), settle(message(0, { wrongSum: true })), refunded(1)],
  [admit(0), hold(0, 0, [0]), order(0, 0, [0]), refunded(0), paid(1)],
  [paid(0), paid(0), no(1)],
];

const giveBack = (fan: number): SaleOperation => ({ do: 'giveBack', order: 0, fan });
const CONFIRMED = [admit(0), admit(1), hold(0, 0, [0, 1]), order(0, 0, [0]), paid(0)];

/** An order given back: by a stranger, by its fan, again, with the seats taken by the next; unpaid, too late, sent back before. */
export const GIVEN_BACK: readonly SaleOperation[][] = [
  [
    ...CONFIRMED,
    giveBack(1),
    giveBack(0),
    giveBack(0),
    hold(1, 1, [0]),
    settle(message(1, { approved: true })),
  ],
  [
    ...CONFIRMED.slice(0, -1),
    giveBack(0),
    paid(0),
    { do: 'wait', hours: 9 },
    giveBack(0),
    refunded(1),
    giveBack(0),
  ],
];
