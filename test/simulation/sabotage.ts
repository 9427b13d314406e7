import type { Delivery, MessageBus } from '../../src/domain/ports/message-bus.ts';
import type { SeatLedger } from '../../src/domain/ports/seat-ledger.ts';
import type { PostgresPorts } from '../../src/simulation/model/postgres.ts';
import { seatKey, seatsOfOrder, type SaleTables } from '../../src/simulation/model/rows.ts';
import type { Servers } from '../../src/simulation/node.ts';
import type { SimulationOptions } from '../../src/simulation/simulate.ts';

type Sabotage = NonNullable<SimulationOptions['sabotage']>;

const withLedger = (servers: Servers, ledger: Partial<SeatLedger>): Servers =>
  withPostgres(servers, {
    ledger: { ...servers.postgres.ledger, ...ledger },
  });

function withPostgres(servers: Servers, ports: Partial<PostgresPorts>): Servers {
  return { ...servers, postgres: { ...servers.postgres, ...ports } };
}

/** As a statement that has forgotten its WHERE would: the seat is free, whosever it was. */
const free = (tables: SaleTables, key: string, from: readonly string[]): void => {
  const seat = tables.seats.get(key);
  if (seat === undefined || !from.includes(seat.status)) return;
  tables.seats.set(key, { ...seat, status: 'free', holdId: null, heldUntilMs: null });
};

/** The fence and the hold are not looked at: whoever held the seat once may give it back. */
const releaseByName: Sabotage = (servers, { postgres }) =>
  withLedger(servers, {
    async releaseHold(holdId, fanId) {
      const hold = postgres.tables.holds.get(holdId);
      const answer = await servers.postgres.ledger.releaseHold(holdId, fanId);
      if (hold === undefined) return answer;
      for (const seatId of hold.seatIds)
        free(postgres.tables, seatKey(hold.eventId, hold.sectionId, seatId), ['held']);
      return answer;
    },
  });

/** Whoever has the lock has the seat, and the lock is deleted without a look at whose it is. */
const lockIsTheTruth: Sabotage = (servers, { postgres }) => ({
  ...withLedger(servers, {
    holdSeats(requests) {
      for (const { eventId, sectionId, seatIds } of requests) {
        for (const seatId of seatIds) free(postgres.tables, seatKey(eventId, sectionId, seatId), ['held']);
      }
      return servers.postgres.ledger.holdSeats(requests);
    },
  }),
  locks: {
    ...servers.locks,
    async release(locks) {
      for (const lock of locks) {
        for (const seatId of lock.seatIds) {
          const holder = await servers.locks.holderOf(lock.eventId, seatId);
          const holdId = holder?.slice(holder.lastIndexOf(':') + 1) ?? lock.holdId;
          await servers.locks.release([{ eventId: lock.eventId, seatIds: [seatId], holdId }]);
        }
      }
    },
  },
});

/** Time is over, so the seats go back: nobody asks the gateway. */
const sweeperFreesPaying: Sabotage = (servers, { postgres }) =>
  withLedger(servers, {
    async expireHolds(limit) {
      const { tables } = postgres;
      const nowMs = Date.now();
      for (const order of tables.orders.values()) {
        if (order.status !== 'awaiting_payment' || order.payByMs > nowMs) continue;
        for (const { key } of seatsOfOrder(order)) free(tables, key, ['paying']);
        tables.orders.set(order.orderId, {
          ...order,
          status: 'expired',
          reason: 'expired',
          settledAtMs: nowMs,
        });
      }
      return servers.postgres.ledger.expireHolds(limit);
    },
  });

const ackedFirst = (delivery: Delivery): Delivery => {
  delivery.ack();
  return { ...delivery, ack: () => undefined, retry: () => undefined, park: () => undefined };
};

/** Some nodes die with the word that an order is sold in hand, before its work has begun: that is when an early ack costs it. */
const DEATHS_MOST = 3;

/** Each delivery is acked before its work is done. */
const ackBeforeDone: Sabotage = (servers) => {
  let deaths = 0;
  return {
    ...servers,
    busOf(owner, crash): MessageBus {
      const bus = servers.busOf(owner, crash);
      return {
        ...bus,
        subscribe: (queue, prefetch, onDelivery) =>
          bus.subscribe(queue, prefetch, (delivery) => {
            const acked = ackedFirst(delivery);
            if (delivery.envelope.type !== 'PedidoConfirmado' || deaths === DEATHS_MOST) onDelivery(acked);
            else {
              deaths += 1;
              crash('it died with a delivery in hand');
            }
          }),
      };
    },
  };
};

/** The outbox ticks rows off when they are claimed, before the bus has confirmed them. */
const sentWhenClaimed: Sabotage = (servers) => {
  const { ticketOutbox } = servers.postgres;
  return withPostgres(servers, {
    ticketOutbox: {
      ...ticketOutbox,
      async claim(limit, leaseMs) {
        const rows = await ticketOutbox.claim(limit, leaseMs);
        await ticketOutbox.markSent(rows.map((row) => row.id));
        return rows;
      },
    },
  });
};

/** Nobody ever looks whether the broker has lost a queue. */
const lossUnheard: Sabotage = (servers) => {
  const deaf = { recover: () => Promise.resolve(0) };
  const { ticketOutbox, paymentOutbox } = servers.postgres;
  return withPostgres(servers, {
    ticketOutbox: { ...ticketOutbox, ...deaf },
    paymentOutbox: { ...paymentOutbox, ...deaf },
  });
};

/** Each opening has a key of its own, so that a repeat opens another intent. */
const newKeyEachTime: Sabotage = (servers, { site }) => {
  const { gateway } = site;
  let calls = 0;
  const open = gateway.open;
  gateway.open = async (request) => {
    calls += 1;
    const answer = await open({ ...request, attemptId: `${request.attemptId}#${calls}` });
    if (answer.kind !== 'ok') return answer;
    const intent = { ...answer.value, attemptId: request.attemptId };
    gateway.intents.set(intent.intentId, intent);
    return { kind: 'ok', value: intent };
  };
  return servers;
};

/** The uses of a code are counted and not compared. */
const codeForEverybody: Sabotage = (servers, { postgres }) => {
  const { access } = servers.postgres;
  return withPostgres(servers, {
    access: {
      ...access,
      async redeem(eventId, hash, fanId) {
        const { codes } = postgres.tables;
        const key = `${eventId}/${Buffer.from(hash).toString('hex')}`;
        const row = codes.get(key);
        if (row !== undefined) codes.set(key, { ...row, usesMax: null });
        const answer = await access.redeem(eventId, hash, fanId);
        const after = codes.get(key);
        if (row !== undefined && after !== undefined) codes.set(key, { ...after, usesMax: row.usesMax });
        return answer;
      },
    },
  });
};

const uncountedBypass: Sabotage = (servers) =>
  withPostgres(servers, {
    access: { ...servers.postgres.access, noteBypass: () => Promise.resolve() },
  });

/** Whoever asks without a code is taken for somebody on the list. */
const everybodyInvited: Sabotage = (servers) =>
  withPostgres(servers, {
    access: {
      ...servers.postgres.access,
      accessOf: () => Promise.resolve({ laneId: 'clube', codeId: null }),
    },
  });

/** The lines of every term have the same keys: whoever comes back to Redis goes on where it was before Postgres counted. */
const oneTermForAll: Sabotage = (servers) => ({ ...servers, lineOf: () => servers.lineOf(0) });

/** Bugs that somebody might write one day, as servers that have them. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'a release that looks at neither fence nor hold': releaseByName,
  'a lock that is the only truth, deleted without a look at whose it is': lockIsTheTruth,
  'a sweeper that frees seats that are being paid for': sweeperFreesPaying,
  'an ack before the work is done': ackBeforeDone,
  'an outbox that ticks off before the bus has confirmed': sentWhenClaimed,
  'a deleted queue after which nobody says again what was in it': lossUnheard,
  'a new idempotency key for each call of the gateway': newKeyEachTime,
  'a code for one that many redeem': codeForEverybody,
  'a way past the line that nobody counts': uncountedBypass,
  'a lane for whoever has a code that takes everybody': everybodyInvited,
  'lines of all terms under the same keys': oneTermForAll,
};
