import type { SeededBug } from './seeded-bug.ts';

export const MESSAGE_BUGS: readonly SeededBug[] = [
  {
    name: 'acked-before-the-commit',
    what: 'a payment is acked, and then its commit fails',
    promise: 3,
    changes: [
      {
        file: 'streams/commit-pipeline.js',
        find: 'defer(() => commit(batch.map((one) => one.message)))',
        replace:
          'defer(() => { for (const { delivery } of batch) delivery.ack(); return commit(batch.map((one) => one.message)); })',
      },
    ],
    caughtBy: {
      file: 'streams/commit-pipeline',
      title: 'a full batch is committed at once, and each delivery is acked only after the commit',
    },
  },
  {
    name: 'payments-ack-before-the-commit',
    what: 'the payment service acks an order’s end, and then cannot store it',
    promise: 2,
    changes: [
      {
        file: 'payments/bus-consumer.js',
        find: 'const received = await store.receive(delivery.envelope, wish);',
        replace: 'delivery.ack(); const received = await store.receive(delivery.envelope, wish);',
      },
    ],
    caughtBy: {
      file: 'payments/settlement',
      title:
        'the end of an order that could not be stored is not acked: it comes again, and then the money moves',
    },
  },
  {
    name: 'not-mandatory',
    what: 'a message that no queue takes is confirmed and gone',
    promise: 13,
    changes: [{ file: 'infra/rabbit/publisher.js', find: ', mandatory: true', replace: '' }],
    caughtBy: {
      file: 'integration/rabbit-bus',
      title:
        'what no queue takes is returned, even under a policy that would hide it, and the queue is declared again',
    },
  },
  {
    name: 'refusing-channel-kept',
    what: 'a channel on which the broker refuses everything is published on for ever',
    promise: 13,
    changes: [
      {
        file: 'infra/rabbit/publisher.js',
        find: 'if (channel === open)\n                        onRefused();',
        replace: '',
      },
    ],
    caughtBy: {
      file: 'integration/rabbit-bus',
      title:
        'a broker that refuses a message is asked again on a new connection, and one that refuses none is not',
    },
  },
  {
    name: 'confirm-not-awaited',
    what: 'the publisher says confirmed as soon as it has written',
    promise: 13,
    changes: [
      {
        file: 'infra/rabbit/publisher.js',
        find: 'flights.set(key, flight);',
        replace: "flights.set(key, flight); setImmediate(() => flight.settle('confirmed'));",
      },
    ],
    caughtBy: {
      file: 'integration/rabbit-bus',
      title: 'a lost confirm is unknown, never confirmed: by silence after a bound, by a cut at once',
    },
  },
  {
    name: 'sent-without-a-confirm',
    what: 'an outbox row is ticked off whatever the bus said of it',
    promise: 3,
    changes: [
      {
        file: 'streams/outbox-relay.js',
        find: "const sent = idsWhere((outcome) => outcome === 'confirmed');",
        replace: 'const sent = idsWhere(() => true);',
      },
    ],
    caughtBy: {
      file: 'streams/outbox-relay',
      title: 'what the bus returned or gave no word of is given back and tried again after a rising pause',
    },
  },
  {
    name: 'outbox-claimed-twice',
    what: 'two relays at once claim the same rows',
    promise: 3,
    changes: [
      {
        file: 'infra/postgres/outbox.js',
        find: '    LIMIT $1\n    FOR UPDATE SKIP LOCKED\n',
        replace: '    LIMIT $1\n',
      },
    ],
    caughtBy: {
      file: 'integration/outbox',
      title: 'tickets: many claimers at once share the rows, none twice',
    },
  },
  {
    name: 'said-again-taken-for-late',
    what: 'what is said again after a lost queue counts as late since it happened, and closes the line',
    promise: 13,
    changes: [
      { file: 'app/vitals.js', find: 'lag.aheadMs - saidAgainAtMs', replace: 'lag.aheadMs - occurredAtMs' },
    ],
    caughtBy: {
      file: 'app/vitals',
      title:
        'messages of an hour ago that are said again now are not late, or a lost queue would close the line',
    },
  },
  {
    name: 'attempts-claimed-twice',
    what: 'two sweepers at once work on the same payment',
    promise: 4,
    changes: [{ file: 'infra/postgres/payment-store.js', find: '\n  FOR UPDATE SKIP LOCKED', replace: '' }],
    caughtBy: {
      file: 'integration/payment-store',
      title: 'in Postgres: many claimers at once never get the same attempt while it is leased',
    },
  },
  {
    name: 'ticket-inbox-skipped',
    what: 'the commit of the sale does not note which messages it has counted',
    promise: 1,
    changes: [
      {
        file: 'infra/postgres/migrations/0007_late_money.sql',
        find: 'INSERT INTO tickets.inbox AS i (message_id) VALUES (m.id) ON CONFLICT DO NOTHING;\n    IF NOT FOUND THEN',
        replace: 'IF false THEN',
      },
    ],
    caughtBy: {
      file: 'integration/order-book',
      title: 'each payment message is noted once with what it did, however often it comes',
    },
  },
  {
    name: 'payment-inbox-skipped',
    what: 'the payment service counts a message each time it comes',
    promise: 4,
    changes: [
      {
        file: 'infra/postgres/payment-store.js',
        find: "if (counted.rowCount === 0)\n                return { kind: 'repeat' };",
        replace: '',
      },
    ],
    caughtBy: {
      file: 'integration/payment-store',
      title: 'in Postgres: a bus message counts once, and not at all while its order has no attempt',
    },
  },
  {
    name: 'two-messages-of-an-order-at-once',
    what: 'a batch may hold two messages of one order',
    promise: 1,
    changes: [
      {
        file: 'streams/commit-pipeline.js',
        find: 'if (orders.has(one.message.orderId))',
        replace: 'if (false)',
      },
    ],
    caughtBy: {
      file: 'streams/commit-pipeline',
      title: 'two messages of one order never share a batch, nor are under way together: the later waits',
    },
  },
  {
    name: 'standby-not-heard',
    what: 'what went through Postgres while the broker was gone is never received',
    promise: 13,
    changes: [
      {
        file: 'infra/fallback-bus.js',
        find: 'standby.subscribe(queue, share, onDelivery),',
        replace: 'Promise.resolve(() => Promise.resolve()),',
      },
    ],
    caughtBy: {
      file: 'integration/fallback-bus',
      title: 'with the broker there the standby takes nothing, and what it took before is still delivered',
    },
  },
  {
    name: 'lost-queue-unseen',
    what: 'a deleted queue is declared again as if nothing had been in it',
    promise: 13,
    changes: [
      {
        file: 'infra/rabbit/topology.js',
        find: 'await onMissing(queue);',
        replace: 'await Promise.resolve();',
      },
    ],
    caughtBy: {
      file: 'integration/lost-queue',
      title: 'what a deleted queue took with it is said again, and reaches its subscriber',
    },
  },
];
