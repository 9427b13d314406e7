import test from 'ava';
import fc from 'fast-check';
import type { SaleEvent } from '../../src/domain/event.ts';
import { checkDraw, drawDocumentOf } from '../../src/domain/draw-proof.ts';
import type { LineStore } from '../../src/domain/ports/line.ts';
import type { Joined } from '../../src/domain/ports/joined.ts';
import { isRefusal } from '../../src/domain/refusal.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { nodeHashes } from '../../src/infra/hashes.ts';
import { silentLog } from '../../src/infra/log.ts';
import { createMemoryLineStore } from '../../src/infra/memory/line-store.ts';
import { createPostgresModel } from '../../src/simulation/model/postgres.ts';
import { createWaitingRoom, type WaitingRoom } from '../../src/waiting-room/waiting-room.ts';
import { createDrawBook } from '../../src/infra/postgres/draw-book.ts';
import { createVirtualClock, settled } from '../payments/virtual-clock.ts';
import { testPostgres } from '../support/servers.ts';
import { passes } from './room.ts';

const RATE = 600;
const BURST = RATE / 60;
const OPENS_AFTER_MS = 3_000;
const FANS = 8;

const fan = fc.nat({ max: FANS - 1 });
const node = fc.nat({ max: 2 });
/** What may happen to a line from the first join until well after the opening. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('join' as const), fan, node, twice: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('redeem' as const), fan, node, twice: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hand over' as const), fan, node }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 40, max: 1_500 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const) }) },
  // The answer to the next write is lost after it took effect.
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deafen' as const), node }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

interface Node {
  readonly room: WaitingRoom;
  dead: boolean;
  deaf: boolean;
}

/** Dead: nothing gets out. Deaf: the next answer of something that was done is lost. */
const between = <T extends object>(part: T, node: Pick<Node, 'dead' | 'deaf'>): T =>
  new Proxy(part, {
    get: (target, name, receiver) => {
      const own: unknown = Reflect.get(target, name, receiver);
      if (typeof own !== 'function') return own;
      return async (...asked: unknown[]) => {
        if (node.dead) throw new Error('this node is dead');
        const answer = await (own as (...all: unknown[]) => unknown).apply(target, asked);
        if (node.deaf && !['find', 'findPlace', 'list', 'since'].includes(String(name))) {
          node.deaf = false;
          throw new Error('the answer was lost');
        }
        return answer;
      };
    },
  });

const openLine = async (): Promise<Line> => {
  const clock = createVirtualClock();
  const { ports, tables } = createPostgresModel(clock, systemIds);
  const eventId = systemIds.next();
  const event: SaleEvent = {
    eventId,
    name: 'Noite',
    venue: 'Arena',
    currency: 'BRL',
    opensAtMs: clock.nowMs() + OPENS_AFTER_MS,
    limits: { seatsPerFan: 4, holdsPerFan: 2 },
    sections: [],
    phaseSetting: 'scheduled',
    admission: { ratePerMinute: RATE, insideMax: 1_000, paused: false, version: 1 },
  };
  const newStore = () => createMemoryLineStore({ clock, callTtlMs: 2_000 });
  let store = newStore();
  const shared = new Proxy({} as LineStore, {
    get: (_, name) => {
      const method = Reflect.get(store, name) as (...all: unknown[]) => unknown;
      return typeof method === 'function' ? (...asked: unknown[]) => method.apply(store, asked) : method;
    },
  });
  const start = async (): Promise<Node> => {
    const state = { dead: false, deaf: false };
    const room = createWaitingRoom({
      store: Object.assign(between(shared, state), {}),
      journal: between(ports.journal, state),
      draws: between(ports.draws, state),
      handOvers: between(ports.handOvers, state),
      hashes: nodeHashes,
      passes,
      events: { list: async () => [event], find: async (id) => (id === eventId ? event : null) },
      clock,
      ids: systemIds,
      log: silentLog,
      callTtlMs: 2_000,
      passTtlMs: 600_000,
      tickMs: 100,
      rememberedPlaces: 50,
    });
    await room.start();
    return Object.assign(state, { room });
  };
  const nodes = [await start(), await start(), await start()];
  return { clock, ports, tables, eventId, nodes, start, lose: () => (store = newStore()) };
};

interface Line {
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly ports: ReturnType<typeof createPostgresModel>['ports'];
  readonly tables: ReturnType<typeof createPostgresModel>['tables'];
  readonly eventId: string;
  readonly nodes: Node[];
  readonly start: () => Promise<Node>;
  readonly lose: () => void;
}

/** What one fan was told, and whether it can all be true. */
interface Told {
  joined: Joined | null;
  index: number | null;
  passes: Set<string>;
}

/** How much came to pass in all runs: a property of lines in which nothing happens is none. */
const tally = { frames: 0, receipts: 0, admissions: 0, handedOver: 0, late: 0 };

const play = async (happenings: readonly Happening[]): Promise<void> => {
  const line = await openLine();
  const { clock, ports, tables, eventId, nodes } = line;
  const fans = Array.from({ length: FANS }, () => systemIds.next());
  const told = fans.map((): Told => ({ joined: null, index: null, passes: new Set() }));
  const calls: { readonly atMs: number; readonly admitted: number }[] = [];
  const frames = new Map<WaitingRoom, { epoch: number; serving: number }>();
  const must = (right: boolean, complaint: string): void => {
    if (!right) throw new Error(complaint);
  };

  const look = async (): Promise<void> => {
    const draw = await ports.draws.find(eventId).catch(() => null);
    if (draw !== null)
      must(draw.sealedAtMs !== null || draw.secret === null, 'the secret is out before the opening');
    for (const { room, dead } of nodes) {
      if (dead) continue;
      const counters = await room.counters(eventId);
      if (counters !== null) calls.push({ atMs: clock.nowMs(), admitted: counters.admitted });
      const frame = await Promise.race([room.frame(eventId), settled().then(() => null)]);
      if (frame === null) continue;
      const before = frames.get(room);
      must(before === undefined || frame.serving >= before.serving, 'serving moved backward');
      must(frame.serving <= frame.joined, 'more were called than have joined');
      must(frame.serving === 0 || draw?.secret !== null, 'somebody was called before the draw');
      tally.frames += 1;
      frames.set(room, { epoch: frame.epoch, serving: frame.serving });
    }
  };

  /** Runs while time passes: what waits for a timer must not wait for ever. */
  const within = async <T>(work: Promise<T>): Promise<T | null> => {
    let answer: T | null = null;
    const done = work.then(
      (value) => (answer = value),
      () => null,
    );
    await settled();
    await clock.advance(300);
    await Promise.race([done, settled()]);
    return answer;
  };

  const join = async (who: number, { room }: Node): Promise<void> => {
    const own = told[who] as Told;
    const answer = await within(
      room.join(eventId, fans[who] ?? '', undefined, { entropy: `e${who}`, place: own.joined?.place }),
    );
    if (answer === null || isRefusal(answer)) return;
    own.joined = answer;
    const place = passes.readPlace(answer.place);
    must(place !== null, 'a place that cannot be read');
    must(own.index === null || own.index === place?.number, 'a fan was told two places');
    own.index = place?.number ?? null;
  };

  for (const one of happenings) {
    if (one.do === 'wait') await clock.advance(one.ms);
    else if (one.do === 'lose') line.lose();
    else {
      const at = nodes[one.node] as Node;
      if (one.do === 'deafen') at.deaf = true;
      else if (one.do === 'kill') {
        at.dead = true;
        nodes[one.node] = await line.start();
      } else if (one.do === 'join') {
        await Promise.all([
          join(one.fan, at),
          ...(one.twice ? [join(one.fan, nodes[(one.node + 1) % 3] as Node)] : []),
        ]);
      } else if (one.do === 'hand over') {
        const own = told[one.fan] as Told;
        if (own.joined === null) continue;
        const request = {
          code: own.joined.recoveryCode,
          callerId: null,
          requestId: systemIds.next(),
          address: null,
        };
        const answer = await within(at.room.recover(eventId, request));
        // A code whose answer was lost is used up: the fan of this test gives up on that place.
        if (answer !== null && !isRefusal(answer)) own.joined = answer;
      } else {
        const own = told[one.fan] as Told;
        if (own.joined === null) continue;
        const { place } = own.joined;
        const rooms = one.twice ? [at.room, (nodes[(one.node + 1) % 3] as Node).room] : [at.room];
        for (const answer of await Promise.all(
          rooms.map((room) => within(room.redeem(eventId, fans[one.fan] ?? '', place))),
        ))
          if (answer !== null && !isRefusal(answer)) own.passes.add(answer.pass);
      }
    }
    await look();
  }
  await clock.advance(OPENS_AFTER_MS);
  for (const { room } of nodes) await room.stop();

  const draw = await ports.draws.find(eventId);
  const document = drawDocumentOf(draw, 0);
  const places = tables.places.values();
  const numbers = places.map(({ number }) => number).toSorted((a, b) => a - b);
  must(new Set(places.map(({ fanId }) => fanId)).size === places.length, 'somebody has two places');
  const drawn = numbers.slice(0, draw.entrants);
  must(
    drawn.every((number, index) => number === index + 1),
    'the draw has a hole',
  );
  const leaves = await ports.draws.leaves({ drawId: eventId, eventId, lane: 0 }, 1, FANS);
  for (const [who, { joined }] of told.entries()) {
    if (joined === null || joined.receipt === null) continue;
    const receipt = { ...joined.receipt, eventId, entropy: `e${who}` };
    tally.receipts += 1;
    const verdict = checkDraw(nodeHashes, document, { leaves, receipt });
    must(
      verdict.every(({ kept }) => kept !== false),
      `a receipt does not prove: ${JSON.stringify(verdict)}`,
    );
  }
  const admissions = tables.admissions.values();
  must(new Set(admissions.map(({ number }) => number)).size === admissions.length, 'a place came in twice');
  tally.admissions += admissions.length;
  tally.handedOver += tables.handOvers.values().length;
  tally.late += places.length - draw.entrants;
  const { serving } = await ports.journal.loadSnapshot(eventId);
  must(
    admissions.every(({ turn }) => turn <= serving),
    'somebody came in before being called',
  );
  for (const [index, from] of calls.entries()) {
    for (const to of calls.slice(index + 1)) {
      // A look lags a tick behind its step.
      const windowMs = to.atMs - from.atMs + 200;
      const most = (RATE * windowMs) / 60_000 + BURST;
      must(
        to.admitted - from.admitted <= most,
        `${to.admitted - from.admitted} were called within ${windowMs} ms`,
      );
    }
  }
};

test('whatever happens to nodes, store and answers, the draw has each fan once, proves itself, and is called at the rate', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 25, maxLength: 55 }), async (happenings) => {
      await play(happenings);
    }),
    { numRuns: 25 },
  );
  t.log(JSON.stringify(tally));
  t.true(tally.frames > 500 && tally.receipts > 30 && tally.admissions > 20, JSON.stringify(tally));
  t.true(tally.handedOver > 5 && tally.late > 10, JSON.stringify(tally));
});

test('two events with the same entrants are drawn with other keys', async (t) => {
  const postgres = await testPostgres(t);
  if (postgres === null) return;
  const book = createDrawBook(postgres.pool);
  const fans = [systemIds.next(), systemIds.next(), systemIds.next()];
  const secrets = new Set<string>();
  for (let event = 0; event < 2; event += 1) {
    const eventId = systemIds.next();
    await book.open({ eventId, opensAtMs: Date.now() + 3_600_000, beaconSource: null });
    for (const fanId of fans)
      await book.enter({ drawId: eventId, eventId, lane: 0 }, fanId, new Uint8Array(32));
    t.is((await book.find(eventId)).secret, null, 'and nobody has the secret before the opening');
    const { secret } = await book.seal(eventId, true);
    t.not(secret, null);
    secrets.add(secret ?? '');
  }
  t.is(secrets.size, 2);
});
