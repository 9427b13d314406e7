import test from 'ava';
import fc from 'fast-check';
import {
  ConcurrencyLimit,
  PRIORITIES,
  WINDOW_MS,
  type Priority,
} from '../../src/domain/concurrency-limit.ts';

const TICK_MS = 10;
const LIMITS = { least: 16, most: 1_024 };

interface Job {
  readonly priority: Priority;
  readonly atMs: number;
}

/**
 * A server on virtual time: it serves `capacity` requests a second in the order in which they came, each `baseMs` at least
 * whatever else it does. Whoever asks is let in by the limit, or refused.
 */
class Server {
  readonly limit = new ConcurrencyLimit(LIMITS);
  readonly served = new Map<Priority, number>();
  readonly refused = new Map<Priority, number>();
  readonly tookMs: number[] = [];
  nowMs = 0;
  #queue: Job[] = [];
  #strength = 0;
  #owed = new Map<Priority, number>();

  /** `load`: requests a second by priority. */
  run(forMs: number, capacity: number, load: Partial<Record<Priority, number>>, baseMs = 0, lagMs = 0): void {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs;) {
      this.nowMs += TICK_MS;
      for (const [priority, perSecond] of Object.entries(load) as [Priority, number][]) {
        const owed = (this.#owed.get(priority) ?? 0) + (perSecond * TICK_MS) / 1_000;
        for (let one = 1; one <= owed; one += 1) this.#ask(priority);
        this.#owed.set(priority, owed % 1);
      }
      this.#serve(capacity, baseMs);
      this.limit.lagged(lagMs);
      if (this.nowMs % WINDOW_MS === 0) this.limit.adapt();
    }
  }

  #ask(priority: Priority): void {
    if (!this.limit.admits(priority)) {
      this.refused.set(priority, (this.refused.get(priority) ?? 0) + 1);
      return;
    }
    this.limit.enter();
    this.#queue.push({ priority, atMs: this.nowMs });
  }

  #serve(capacity: number, baseMs: number): void {
    this.#strength = Math.min(capacity, this.#strength + (capacity * TICK_MS) / 1_000);
    if (this.#queue.length === 0) this.#strength = Math.min(1, this.#strength);
    const ready = (job: Job | undefined): job is Job => job !== undefined && this.nowMs - job.atMs >= baseMs;
    for (let job = this.#queue[0]; ready(job) && this.#strength >= 1; job = this.#queue[0]) {
      this.#queue.shift();
      this.#strength -= 1;
      this.limit.leave(job.priority, this.nowMs - job.atMs);
      this.tookMs.push(this.nowMs - job.atMs);
      this.served.set(job.priority, (this.served.get(job.priority) ?? 0) + 1);
    }
  }

  forgetCounts(): void {
    this.served.clear();
    this.refused.clear();
    this.tookMs.length = 0;
  }

  refusals(): number {
    return [...this.refused.values()].reduce((sum, one) => sum + one, 0);
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);

test('a load that can be served is never refused, and leaves the limit at its most', (t) => {
  const server = new Server();
  server.run(20_000, 1_000, { hold: 500, join: 200, poll: 200 });
  t.is(server.refusals(), 0);
  t.is(server.limit.limit, LIMITS.most);
});

test('under any overload of any machine what is served stays near what it can, and does not wait long', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 5_000 }), fc.integer({ min: 2, max: 20 }), (capacity, times) => {
      const server = new Server();
      server.run(15_000, capacity, { join: capacity * times });
      server.forgetCounts();
      server.run(10_000, capacity, { join: capacity * times });
      const served = server.served.get('join') ?? 0;
      t.true(served >= capacity * 10 * 0.9, `${served} of ${capacity * 10}`);
      // The budget of 400 ms, and the queue that is left to find out whether there is more to be had.
      t.true(mean(server.tookMs) < 650, `${mean(server.tookMs)} ms`);
    }),
    { numRuns: 25 },
  );
});

test('ten times overload is over 30 s after its end at the latest', (t) => {
  const server = new Server();
  server.run(30_000, 200, { join: 2_000 });
  t.true(server.limit.limit < 200, `${server.limit.limit}`);
  server.run(30_000, 200, { join: 100 });
  t.is(server.limit.limit, LIMITS.most);
  server.forgetCounts();
  server.run(5_000, 200, { join: 100, poll: 50 });
  t.is(server.refusals(), 0);
});

test('while joins flood the door, holds and payments pass it untouched', (t) => {
  const server = new Server();
  server.run(20_000, 1_000, { join: 8_000, hold: 100, pay: 50, commit: 20 });
  t.true((server.refused.get('join') ?? 0) > 100_000);
  for (const priority of ['hold', 'pay', 'commit'] as const)
    t.is(server.refused.get(priority) ?? 0, 0, priority);
});

test('whoever is refused, everybody less dear is refused as well, and the vital never', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 100 }), (most, entered) => {
      const limit = new ConcurrencyLimit({ least: 1, most });
      for (let one = 0; one < entered; one += 1) limit.enter();
      const admitted = PRIORITIES.map((priority) => limit.admits(priority));
      t.deepEqual(
        admitted,
        admitted.toSorted((a, b) => Number(b) - Number(a)),
      );
      t.true(admitted[0]);
    }),
  );
});

test('the limit stays between its bounds, whatever it is told', (t) => {
  const told = fc.array(
    fc.oneof(
      fc.record({ tookMs: fc.double({ min: 0, max: 60_000, noNaN: true }) }),
      fc.record({ lagMs: fc.double({ min: 0, max: 10_000, noNaN: true }) }),
      fc.constant('window' as const),
    ),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(told, (events) => {
      const limit = new ConcurrencyLimit(LIMITS);
      for (const event of events) {
        if (event === 'window') limit.adapt();
        else if ('lagMs' in event) limit.lagged(event.lagMs);
        else {
          limit.enter();
          limit.leave('hold', event.tookMs);
        }
        t.true(limit.limit >= LIMITS.least && limit.limit <= LIMITS.most);
      }
      t.is(limit.inFlight, 0);
    }),
  );
});

test('late timers lower the limit when nothing else tells of the load', (t) => {
  const server = new Server();
  server.run(10_000, 1_000, { commit: 10 }, 0, 600);
  t.true(server.limit.limit < 100, `${server.limit.limit}`);
});

test('a gateway that takes its time with payments keeps nobody else out', (t) => {
  const server = new Server();
  server.run(20_000, 1_000, { pay: 50, commit: 10 }, 3_000);
  t.is(server.limit.limit, LIMITS.most);
});

test('a sale that is slow without being crowded is served slowly, not refused', (t) => {
  const server = new Server();
  // A database far away: a second each, however few there are.
  server.run(40_000, 1_000, { hold: 100 }, 1_000);
  server.forgetCounts();
  server.run(20_000, 1_000, { hold: 100 }, 1_000);
  t.is(server.refusals(), 0);
});

test('one stalled moment is no overload', (t) => {
  const server = new Server();
  server.run(5_000, 1_000, { hold: 100 });
  server.run(1_000, 1, { hold: 100 });
  server.run(5_000, 1_000, { hold: 100 });
  t.is(server.refusals(), 0);
});
