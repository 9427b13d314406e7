import type { SeededBug } from './seeded-bug.ts';

const INCARNATION = 'actors/kit/incarnation.js';

export const ACTOR_AND_EDGE_BUGS: readonly SeededBug[] = [
  {
    name: 'answer-of-an-old-life',
    what: 'the outcome of an effect of a dead incarnation reaches the next one',
    promise: 10,
    changes: [
      {
        file: INCARNATION,
        find: 'if (this.#ended)\n                    this.#host.staleResult();',
        replace: 'if (this.#ended)\n                    this.#host.self.tell(toMessage(outcome));',
      },
    ],
    caughtBy: {
      file: 'actors/kit/incarnation',
      title: 'the outcome of an older incarnation is dropped and counted',
    },
  },
  {
    name: 'yours-from-memory',
    what: 'the section says "yours" because it believes that the seat is free',
    promise: 1,
    changes: [
      {
        file: 'actors/seat-section.js',
        find: 'const asked = { command, port, seatIds: step.seatIds, attempt };',
        replace: `const asked = { command, port, seatIds: step.seatIds, attempt };
    port.reply({ kind: 'held', replayed: false, hold: { ...command, seatIds: step.seatIds, fences: [], amountMinor: 0,
      currency: 'BRL', expiresAtMs: 0, extended: false, state: 'active' } });`,
      },
    ],
    caughtBy: {
      file: 'actors/seat-section',
      title:
        'of a thousand simultaneous requests for one seat one goes to Postgres, the others are refused at once',
    },
  },
  {
    name: 'reset-drops-what-waits',
    what: 'a crash of a busy actor loses the requests that nobody has touched',
    promise: 10,
    changes: [
      {
        file: 'actors/kit/cell.js',
        find: "this.#mailbox.failAccepted('actor_crashed');",
        replace: "this.#mailbox.shut('stopped');",
      },
    ],
    caughtBy: {
      file: 'actors/kit/asks',
      title: 'a crash faults at once what its incarnation had accepted, and keeps what waits untouched',
    },
  },
  {
    name: 'handler-that-outlives-its-turn',
    what: 'a handler may return a promise, and is reset while it still runs',
    promise: 10,
    changes: [
      { file: INCARNATION, find: 'if (!isThenable(value))', replace: 'if (isThenable(value) || true)' },
    ],
    caughtBy: {
      file: 'actors/kit/nact-traps',
      title: 'a handler or a start that returns a promise has crashed, and its rejection harms nobody',
    },
  },
  {
    name: 'crash-answers-nobody',
    what: 'an ask whose actor crashes hangs',
    promise: 10,
    changes: [
      {
        file: 'actors/kit/mailbox.js',
        find: 'if (port.accepted)\n                port.fail(code);',
        replace: 'if (false)\n                port.fail(code);',
      },
    ],
    caughtBy: {
      file: 'actors/kit/asks',
      title: 'a crash faults at once what its incarnation had accepted, and keeps what waits untouched',
    },
  },
  {
    name: 'unbounded-mailbox',
    what: 'an actor takes in more than it can ever answer',
    promise: 17,
    changes: [
      {
        file: 'actors/kit/mailbox.js',
        find: 'return this.#waiting.length < this.#options.limit;',
        replace: 'return true;',
      },
    ],
    caughtBy: {
      file: 'actors/kit/asks',
      title: 'a mailbox that is full refuses at once, and takes messages again when it has room',
    },
  },
  {
    name: 'refusals-all-at-once',
    what: 'a node says no to everybody at once, whatever that costs it',
    promise: 17,
    changes: [
      { file: 'domain/waiting-requests.js', find: 'if (this.#refusals >= 1) {', replace: 'if (true) {' },
    ],
    caughtBy: {
      file: 'domain/waiting-requests',
      title: 'as long as saying no is cheap for the node, nobody waits for a no',
    },
  },
  {
    name: 'readers-that-left-kept',
    what: 'a reader that leaves while its request is looked at takes a place among the streams for ever',
    promise: 17,
    changes: [{ file: 'http/sse.js', find: 'if (response.destroyed)', replace: 'if (false)' }],
    caughtBy: {
      file: 'http/clients-that-left',
      title: 'a stream whose reader has left is not opened, counted or kept alive',
    },
  },
  {
    name: 'unknown-told-as-taken',
    what: 'Postgres gave no word, and the fan is told that the seat is gone',
    promise: 16,
    changes: [
      {
        file: 'actors/seat-section.js',
        find: "asked.port.reply(refuse('outcome_unknown'));",
        replace: "asked.port.reply(refuse('seat_taken'));",
      },
    ],
    caughtBy: {
      file: 'actors/seat-section',
      title:
        'when Postgres gives no word the fan is told that nobody knows, and the seats are looked up before they are judged',
    },
  },
  {
    name: 'repeat-takes-other-seats',
    what: 'a repeat under the same key is a rival of itself',
    promise: 15,
    changes: [{ file: 'domain/section.js', find: 'if (own.length > 0)', replace: 'if (false)' }],
    caughtBy: {
      file: 'domain/section',
      title: 'a repeat finds its own seats again, while they are being decided and after',
    },
  },
  {
    name: 'request-fingerprint-ignored',
    what: 'another request under a used key is answered with the first one’s answer',
    promise: 15,
    changes: [
      {
        file: 'infra/postgres/idempotency-store.js',
        find: 'if (row.fingerprint !== fingerprint)',
        replace: 'if (false)',
      },
    ],
    caughtBy: {
      file: 'integration/idempotency-store',
      title: 'of fifty different requests with one key one runs and the rest are told so',
    },
  },
  {
    name: 'key-kept-after-a-refusal',
    what: 'a refused request may not be tried again under its key',
    promise: 15,
    changes: [
      {
        file: 'http/middleware/idempotency.js',
        find: "answer.code === 'outcome_unknown' ? store.release(subject, key) : store.abandon(subject, key)",
        replace: 'Promise.resolve()',
      },
    ],
    caughtBy: { file: 'http/creating', title: 'a refusal forgets the key: the repeat tries again' },
  },
  {
    name: 'stack-trace-in-a-500',
    what: 'a fault tells the client what broke, and where',
    promise: 16,
    changes: [
      {
        file: 'http/middleware/problems.js',
        find: "writeProblem(ctx, refuse('internal'));",
        replace: "writeProblem(ctx, refuse('internal', { detail: error.stack }));",
      },
    ],
    caughtBy: { file: 'http/errors', title: 'a fault tells its request id and nothing of itself' },
  },
];
