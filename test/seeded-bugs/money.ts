import type { SeededBug } from './seeded-bug.ts';

const GATEWAY = 'infra/stripe/stripe-gateway.js';
const WEBHOOK = 'infra/stripe/webhook.js';
const TABLE = 'domain/attempt-table.js';
const GIVING_BACK = 'infra/postgres/migrations/0019_giving_back.sql';

export const MONEY_BUGS: readonly SeededBug[] = [
  {
    name: 'given-back-unlocked',
    what: 'an order is given back by a look at it and without its lock',
    promise: 4,
    changes: [{ file: GIVING_BACK, find: 'x.fan_id = the_fan FOR UPDATE;', replace: 'x.fan_id = the_fan;' }],
    caughtBy: {
      file: 'integration/giving-back',
      title:
        'of ten who give an order back at once one does it: tickets void, seats free, one word to the money, one line of audit',
    },
  },
  {
    name: 'given-back-too-late',
    what: 'an order is given back after the last moment that the event allows',
    promise: 16,
    changes: [
      {
        file: GIVING_BACK,
        find: 'AND e.refunds_until > clock_timestamp()',
        replace: 'AND e.refunds_until IS NOT NULL',
      },
    ],
    caughtBy: {
      file: 'integration/giving-back',
      title:
        'an order is given back only by its fan, once it is confirmed, and until the event’s last moment',
    },
  },
  {
    name: 'new-key-after-a-timeout',
    what: 'an intent whose opening had no answer is opened again under another key',
    promise: 4,
    changes: [
      {
        file: GATEWAY,
        find: 'const first = await send(request, request.attemptId);',
        replace: 'const first = await send(request, `${request.attemptId}:${Math.random()}`);',
      },
    ],
    caughtBy: {
      file: 'infra/stripe/keys',
      title: 'a "open" of which there was no word is asked again under the key of its attempt',
    },
  },
  {
    name: 'capture-under-a-new-key',
    what: 'a capture that is asked again is another capture',
    promise: 4,
    changes: [
      { file: GATEWAY, find: 'key: `${attemptId}:capture`', replace: 'key: `${attemptId}:${Math.random()}`' },
    ],
    caughtBy: {
      file: 'infra/stripe/keys',
      title: 'a "capture" of which there was no word is asked again under the key of its attempt',
    },
  },
  {
    name: 'refund-under-a-new-key',
    what: 'a refund that is asked again is another refund',
    promise: 4,
    changes: [
      {
        file: GATEWAY,
        find: 'const key = `${attemptId}:refund`;',
        replace: 'const key = `${attemptId}:${Math.random()}`;',
      },
    ],
    caughtBy: {
      file: 'infra/stripe/keys',
      title: 'a "refund" of which there was no word is asked again under the key of its attempt',
    },
  },
  {
    name: 'unknown-taken-for-refused',
    what: 'a gateway that is away has refused',
    promise: 2,
    changes: [
      {
        file: 'infra/stripe/outcome.js',
        find: 'return unknown(`${error.type}: ${message}`, replayed);',
        replace: "return { kind: 'refused', code, message, replayed };",
      },
    ],
    caughtBy: {
      file: 'infra/stripe/keys',
      title: 'a "capture" of which there was no word is asked again under the key of its attempt',
    },
  },
  {
    name: 'void-skipped-after-a-rejection',
    what: 'the money of a lost order stays reserved',
    promise: 2,
    changes: [
      {
        file: TABLE,
        find: "capture_wanted: { to: 'capturing' },\n        return_wanted: { to: 'voiding' },",
        replace: "capture_wanted: { to: 'capturing' },\n        return_wanted: {},",
      },
    ],
    caughtBy: {
      file: 'payments/settlement',
      title: 'the seats were lost: the reserved sum is let go, and the checkout says so',
    },
  },
  {
    name: 'void-beside-a-capture',
    what: 'a capture in flight and a void of the same money',
    promise: 2,
    changes: [
      { file: TABLE, find: 'return_wanted: { note: true },', replace: "return_wanted: { to: 'voiding' }," },
    ],
    caughtBy: {
      file: 'domain/attempt',
      title: 'a return that meets a capture in flight waits for it and then refunds',
    },
  },
  {
    name: 'returned-and-still-valid',
    what: 'money that went back at the gateway’s own pages leaves valid tickets that nobody can take back',
    promise: 2,
    changes: [
      {
        file: TABLE,
        find: "return_ordered: { note: true, say: 'undone' },",
        replace: '',
      },
    ],
    caughtBy: {
      file: 'domain/attempt',
      title:
        'money that somebody returned at the gateway’s own pages stays returned, and a person’s word takes the tickets back',
    },
  },
  {
    name: 'no-before-the-gateway-agreed',
    what: 'an order is told to have failed while the fan can still pay it',
    promise: 3,
    changes: [
      {
        file: TABLE,
        find: "cancel_wanted: { to: 'cancelling' },",
        replace: "cancel_wanted: { to: 'cancelled', say: 'no' },",
      },
    ],
    caughtBy: {
      file: 'payments/checkout',
      title:
        'a cancel without a word from the gateway is unknown, kept, and finished by the sweeper, whatever the fan pays meanwhile',
    },
  },
  {
    name: 'webhook-without-a-time',
    what: 'a recorded webhook is taken years later',
    promise: 4,
    changes: [
      { file: WEBHOOK, find: 'const TOLERANCE_SECONDS = 300;', replace: 'const TOLERANCE_SECONDS = 1e12;' },
    ],
    caughtBy: {
      file: 'infra/stripe/webhook',
      title: 'a webhook is genuine within 300 seconds either way and forged beyond',
    },
  },
  {
    name: 'webhook-without-a-signature',
    what: 'anybody may say that an order is paid',
    promise: 2,
    changes: [
      {
        file: WEBHOOK,
        find: 'stripe.webhooks.constructEvent(rawBody, signature, secret, TOLERANCE_SECONDS, undefined, nowMs);',
        replace: 'JSON.parse(rawBody.toString());',
      },
    ],
    caughtBy: {
      file: 'infra/stripe/webhook',
      title: 'whatever does not carry the right signature is forged, and nothing throws',
    },
  },
  {
    name: 'webhook-counted-each-time',
    what: 'a repeated event of the gateway is news again',
    promise: 4,
    changes: [
      {
        file: 'infra/postgres/payment-store.js',
        find: 'if (counted.rowCount === 0) {',
        replace: 'if (false) {',
      },
    ],
    caughtBy: {
      file: 'integration/payment-store',
      title: 'in Postgres: a gateway event counts once, even if its repeat carries other news',
    },
  },
  {
    name: 'wrong-sum-taken-for-right',
    what: 'money of another amount than the order’s pays it',
    promise: 4,
    changes: [
      {
        file: 'infra/postgres/migrations/0007_late_money.sql',
        find: 'm.amount_minor <> o.amount_minor OR ',
        replace: '',
      },
    ],
    caughtBy: {
      file: 'integration/order-book',
      title: 'a payment of another amount or currency than the order is never sold, and waits for a person',
    },
  },
];
