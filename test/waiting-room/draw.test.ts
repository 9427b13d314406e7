import assert from 'node:assert/strict';
import { checkDraw, drawDocumentOf, turnsOf, type DrawDocument } from '../../src/domain/draw-proof.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { nodeHashes } from '../../src/infra/hashes.ts';
import type { WaitingRoom } from '../../src/waiting-room/waiting-room.ts';
import { eventually } from '../support/eventually.ts';
import { codeOf, granted, type World } from './room.ts';
import { rule } from './rule.ts';

const SOON_MS = 2_500;
/** Opened by hand, so that nothing here depends on how quick the machine is. */
const LATER_MS = 3_600_000;

const openNow = async (world: World, eventId: string, ...rooms: readonly WaitingRoom[]): Promise<void> => {
  world.events.phase(eventId, 'open');
  for (const room of rooms) await room.nudge(eventId);
};

const joinAs = async (room: WaitingRoom, eventId: string, fanId: string, entropy?: string) => ({
  fanId,
  entropy,
  ...granted(await room.join(eventId, fanId, undefined, { entropy })),
});
type Fan = Awaited<ReturnType<typeof joinAs>>;

const indexOf = (fan: Fan): number => {
  assert(fan.receipt !== null, 'nothing was drawn for this fan');
  return fan.receipt.index;
};

const documentOf = async (room: WaitingRoom, eventId: string): Promise<DrawDocument> => {
  const draw = await room.draw(eventId);
  assert(draw !== null);
  return drawDocumentOf(draw, 0);
};

const drawn = (room: WaitingRoom, eventId: string) =>
  eventually(async () => {
    const document = await documentOf(room, eventId);
    assert.equal(document.state, 'drawn');
    return document;
  }, 8_000);

const servingOf = async (room: WaitingRoom, eventId: string): Promise<number> =>
  (await room.frame(eventId))?.serving ?? -1;

rule(
  'whoever joins early is drawn: index, receipt, turn and call agree on every node, and with what anybody computes',
  async (t, world) => {
    const eventId = world.events.create({ opensAtMs: Date.now() + LATER_MS }, { ratePerMinute: 6_000 });
    const [one, two] = [await world.node(), await world.node()];
    const before = await documentOf(two, eventId);
    t.like(before, { state: 'open', method: 'draw', entrants: 0, secret: null, drawn: false });
    const fans = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        joinAs(index % 2 === 0 ? one : two, eventId, systemIds.next(), `dice ${index}`),
      ),
    );
    t.deepEqual(
      fans.map((fan) => indexOf(fan)).toSorted((a, b) => a - b),
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    for (const fan of fans) t.is(fan.number, indexOf(fan));
    const [early] = fans;
    assert(early !== undefined);
    t.like(await one.standing(eventId, early.fanId, early.place), {
      state: 'waiting',
      number: indexOf(early),
      drawn: false,
    });
    t.is(codeOf(await one.redeem(eventId, early.fanId, early.place)), 'not_called');
    t.is(codeOf(await one.drawLeaves(eventId, 1, 100)), 'draw_not_sealed');
    await eventually(async () => assert.equal((await one.frame(eventId))?.joined, 40));

    await openNow(world, eventId, one, two);
    const document = await drawn(one, eventId);
    t.deepEqual(await drawn(two, eventId), document);
    t.is(document.commitment, before.commitment);
    t.like(document, { method: 'draw', entrants: 40, openedByHand: true });
    const { leaves } = granted(await two.drawLeaves(eventId, 1, 100));
    for (const fan of fans) {
      const receipt = fan.receipt === null ? undefined : { ...fan.receipt, entropy: fan.entropy };
      const checks = checkDraw(nodeHashes, document, { leaves, receipt });
      t.deepEqual(
        checks.filter(({ kept }) => kept !== true),
        [],
      );
    }
    const turnOf = turnsOf(nodeHashes, document);
    assert(turnOf !== null);
    const late = await joinAs(two, eventId, systemIds.next());
    t.like(late, { number: 41, receipt: null });
    // The place was signed with the index, and is good for the turn.
    await eventually(async () => assert.equal(await servingOf(two, eventId), 41));
    for (const [index, fan] of fans.entries()) {
      const room = index % 2 === 0 ? two : one;
      const turn = turnOf(indexOf(fan));
      t.like(await room.standing(eventId, fan.fanId, fan.place), {
        state: 'called',
        number: turn,
        drawn: true,
      });
      t.like(granted(await room.join(eventId, fan.fanId)), {
        created: false,
        number: turn,
        place: fan.place,
        receipt: fan.receipt,
      });
    }
    t.true((await two.frame(eventId))?.drawn);
    t.true(fans.some((fan) => turnOf(indexOf(fan)) !== indexOf(fan)));
  },
);

rule('they are called in the drawn order, and nobody before', async (t, world) => {
  const eventId = world.events.create({ opensAtMs: Date.now() + LATER_MS }, { insideMax: 3 });
  const room = await world.node();
  const fans = await Promise.all(Array.from({ length: 12 }, () => joinAs(room, eventId, systemIds.next())));
  await openNow(world, eventId, room);
  const turnOf = turnsOf(nodeHashes, await drawn(room, eventId));
  assert(turnOf !== null);
  const inOrder = fans.toSorted((a, b) => turnOf(indexOf(a)) - turnOf(indexOf(b)));
  for (const [position, fan] of inOrder.entries()) {
    await eventually(async () => assert((await servingOf(room, eventId)) > position));
    for (const behind of inOrder.slice(position + 3)) {
      t.is(codeOf(await room.redeem(eventId, behind.fanId, behind.place)), 'not_called');
    }
    await eventually(async () => granted(await room.redeem(eventId, fan.fanId, fan.place)));
    t.like(granted(await room.redeem(eventId, fan.fanId, fan.place)), { created: false });
    await room.leave(eventId, fan.fanId);
  }
  const { rows } = await world.pool.query<{ number: number; turn: number }>(
    'SELECT number, coalesce(turn, number) AS turn FROM line.admissions ORDER BY admitted_at',
  );
  t.deepEqual(
    rows.map(({ turn }) => turn),
    inOrder.map((_, position) => position + 1),
  );
  for (const { number, turn } of rows) t.is(turnOf(number), turn);
});

rule('two hundred joins of one fan before the opening make one entry in the chain', async (t, world) => {
  const eventId = world.events.create({ opensAtMs: Date.now() + 3_600_000 });
  const [one, two] = [await world.node(), await world.node()];
  const fanId = systemIds.next();
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      joinAs(index % 2 === 0 ? one : two, eventId, fanId, `try-${index}`),
    ),
  );
  t.is(answers.filter(({ created }) => created).length, 1);
  t.is(new Set(answers.map(({ place, receipt }) => `${place} ${receipt?.leaf} ${receipt?.head}`)).size, 1);
  const { rows } = await world.pool.query('SELECT entrants FROM line.draws WHERE event_id = $1', [eventId]);
  t.deepEqual(rows, [{ entrants: 1 }]);
  t.like(await joinAs(two, eventId, systemIds.next()), { number: 2, created: true });
});

rule(
  'while a crowd joins through the opening everybody is either drawn or behind all who are',
  async (t, world) => {
    const eventId = world.events.create({ opensAtMs: Date.now() + SOON_MS }, { paused: true });
    const [one, two] = [await world.node(), await world.node()];
    const fans: Fan[] = [];
    const until = Date.now() + SOON_MS + 600;
    while (Date.now() < until) {
      const some = Array.from({ length: 6 }, (_, index) =>
        joinAs(index % 2 === 0 ? one : two, eventId, systemIds.next()),
      );
      fans.push(...(await Promise.all(some)));
    }
    const { entrants } = await drawn(one, eventId);
    const [early, late] = [
      fans.filter((fan) => fan.receipt !== null),
      fans.filter((fan) => fan.receipt === null),
    ];
    t.true(early.length > 5 && late.length > 5, `${early.length} early, ${late.length} late`);
    t.is(early.length, entrants);
    const turns = await Promise.all(
      fans.map(async (fan) => granted(await two.standing(eventId, fan.fanId, fan.place)).number),
    );
    t.is(new Set(turns).size, fans.length);
    for (const fan of late) t.true(fan.number > entrants);
    for (const [position, fan] of fans.entries()) {
      t.is((turns[position] ?? 0) <= entrants, fan.receipt !== null);
    }
  },
);

rule('a lost line and a dead node lose no index, no link and no turn', async (t, world) => {
  const eventId = world.events.create({ opensAtMs: Date.now() + LATER_MS }, { insideMax: 4 });
  const one = await world.node();
  const fans = await Promise.all(Array.from({ length: 5 }, () => joinAs(one, eventId, systemIds.next())));
  await world.lose();
  await one.stop();
  const two = await world.node();
  for (let count = 0; count < 5; count += 1) fans.push(await joinAs(two, eventId, systemIds.next()));
  await world.lose();
  t.deepEqual(
    fans.map((fan) => indexOf(fan)).toSorted((a, b) => a - b),
    Array.from({ length: 10 }, (_, index) => index + 1),
  );
  await openNow(world, eventId, two);
  const document = await drawn(two, eventId);
  const { leaves } = granted(await two.drawLeaves(eventId, 1, 100));
  t.deepEqual(
    checkDraw(nodeHashes, document, { leaves }).filter(({ kept }) => kept !== true),
    [],
  );
  const turnOf = turnsOf(nodeHashes, document);
  assert(turnOf !== null);
  await eventually(async () => assert.equal(await servingOf(two, eventId), 4));
  const inOrder = fans.toSorted((a, b) => turnOf(indexOf(a)) - turnOf(indexOf(b)));
  for (const fan of inOrder.slice(0, 4)) granted(await two.redeem(eventId, fan.fanId, fan.place));
  await world.lose();
  const three = await world.node();
  for (const fan of inOrder.slice(0, 4)) {
    t.like(granted(await three.redeem(eventId, fan.fanId, fan.place)), { created: false });
  }
  await eventually(async () => assert.equal((await three.frame(eventId))?.inside, 4));
  t.is(await servingOf(three, eventId), 4);
  for (const fan of inOrder.slice(4)) {
    t.is(codeOf(await three.redeem(eventId, fan.fanId, fan.place)), 'not_called');
  }
  t.like(await joinAs(three, eventId, systemIds.next()), { number: 11 });
  const [first] = inOrder;
  assert(first !== undefined);
  await three.leave(eventId, first.fanId);
  await eventually(async () => assert.equal(await servingOf(two, eventId), 5));
});

rule('opened by hand before its time the draw takes place then, and says so', async (t, world) => {
  const eventId = world.events.create({ opensAtMs: Date.now() + 3_600_000 });
  const room = await world.node();
  for (let count = 0; count < 3; count += 1) await joinAs(room, eventId, systemIds.next());
  await openNow(world, eventId, room);
  t.like(await drawn(room, eventId), { entrants: 3, openedByHand: true, method: 'draw' });
  await eventually(async () => assert.equal(await servingOf(room, eventId), 3));
  t.like(await joinAs(room, eventId, systemIds.next()), { number: 4, receipt: null });
});

rule(
  'a draw that waits for a beacon calls nobody and keeps its secret until the beacon is there',
  async (t, world) => {
    const eventId = world.events.create({
      opensAtMs: Date.now() + LATER_MS,
      draw: { beacon: 'the first round after the opening' },
    });
    const room = await world.node();
    const fans = await Promise.all(Array.from({ length: 6 }, () => joinAs(room, eventId, systemIds.next())));
    t.is(codeOf(await room.setBeacon(eventId, 'too early')), 'draw_not_sealed');
    await openNow(world, eventId, room);
    await eventually(async () => assert.equal((await documentOf(room, eventId)).state, 'sealed'), 8_000);
    t.like(await documentOf(room, eventId), { secret: null, drawn: false, entrants: 6 });
    await eventually(async () => assert.equal((await room.frame(eventId))?.reason, 'pending'));
    const [first] = fans;
    assert(first !== undefined);
    t.is(codeOf(await room.redeem(eventId, first.fanId, first.place)), 'not_called');
    t.like(await room.standing(eventId, first.fanId, first.place), { drawn: false, state: 'waiting' });
    const late = await joinAs(room, eventId, systemIds.next());
    t.is(late.number, 7);
    t.is(await servingOf(room, eventId), 0);
    t.like(granted(await room.setBeacon(eventId, '3f1c')), { beacon: { value: '3f1c' } });
    t.like(granted(await room.setBeacon(eventId, '3f1c')), { beacon: { value: '3f1c' } });
    t.is(codeOf(await room.setBeacon(eventId, '3f1d')), 'beacon_set');
    const document = await drawn(room, eventId);
    t.like(document.beacon, { value: '3f1c' });
    await eventually(async () => assert.equal(await servingOf(room, eventId), 7));
    const turnOf = turnsOf(nodeHashes, document);
    for (const fan of fans) {
      t.like(await room.standing(eventId, fan.fanId, fan.place), {
        number: turnOf?.(indexOf(fan)),
        drawn: true,
      });
    }
  },
);

rule(
  'where nobody joined early, or a line was in use before it had a draw, arrival decides',
  async (t, world) => {
    const open = world.events.create({ opensAtMs: Date.now() - 1_000 });
    const older = world.events.create({ opensAtMs: Date.now() + 3_600_000 });
    await world.pool.query('INSERT INTO line.places (event_id, number, fan_id) VALUES ($1, 1, $2)', [
      older,
      systemIds.next(),
    ]);
    const room = await world.node();
    for (const eventId of [open, older]) {
      t.like(await documentOf(room, eventId), { method: 'order_of_arrival', drawn: false, entrants: 0 });
    }
    t.like(await joinAs(room, open, systemIds.next()), { number: 1, receipt: null });
    t.like(await joinAs(room, older, systemIds.next()), { number: 2, receipt: null });
    t.true((await room.frame(open))?.drawn);
  },
);

rule('an opening that is moved moves the draw, and no node that lags moves it back', async (t, world) => {
  const [from, to] = [Date.now() + LATER_MS, Date.now() + 2 * LATER_MS];
  const eventId = world.events.create({ opensAtMs: from });
  const [one, two] = [await world.node(), await world.node()];
  await joinAs(two, eventId, systemIds.next());
  world.events.move(eventId, to);
  await one.nudge(eventId);
  const opensAt = new Date(to).toISOString();
  for (const room of [one, two, await world.node()]) {
    await eventually(async () => assert.equal((await documentOf(room, eventId)).opensAt, opensAt));
  }
  world.events.move(eventId, Date.now() - 1);
  await one.nudge(eventId);
  t.like(await drawn(two, eventId), { entrants: 1, openedByHand: false });
  t.like(await joinAs(two, eventId, systemIds.next()), { number: 2, receipt: null });
});
