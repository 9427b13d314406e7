import assert from 'node:assert/strict';
import { checkDraw, drawDocumentOf, turnsOf } from '../../src/domain/draw-proof.ts';
import type { LaneDefinition } from '../../src/domain/lanes.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { nodeHashes } from '../../src/infra/hashes.ts';
import type { WaitingRoom } from '../../src/waiting-room/waiting-room.ts';
import { eventually } from '../support/eventually.ts';
import { codeOf, granted, passes } from './room.ts';
import { rule } from './rule.ts';

const LATER_MS = 3_600_000;

const lane = (id: string, sharePercent: number): LaneDefinition => ({
  id,
  name: id,
  sharePercent,
  access: 'open',
});
const LANES = [lane('general', 65), lane('club', 30), lane('accessible', 5)];

const joinIn = async (room: WaitingRoom, eventId: string, laneId?: string, fanId = systemIds.next()) => ({
  fanId,
  ...granted(await room.join(eventId, fanId, undefined, { laneId, entropy: fanId })),
});
type Fan = Awaited<ReturnType<typeof joinIn>>;

const crowd = async (rooms: readonly WaitingRoom[], eventId: string, counts: readonly number[]) => {
  const fans: Fan[][] = [];
  for (const [index, count] of counts.entries()) {
    const id = LANES[index]?.id;
    const joins = Array.from({ length: count }, (_, one) => {
      const room = rooms[one % rooms.length];
      assert(room !== undefined);
      return joinIn(room, eventId, id);
    });
    fans.push(await Promise.all(joins));
  }
  return fans;
};

const servingIn = async (room: WaitingRoom, eventId: string): Promise<readonly number[]> =>
  (await room.frame(eventId))?.lanes?.map(({ serving }) => serving) ?? [];

rule(
  'each lane is drawn by itself, verifiably, and called by its share; nothing is lost with the store',
  async (t, world) => {
    const eventId = world.events.create(
      { opensAtMs: Date.now() + LATER_MS, lanes: LANES },
      { ratePerMinute: 60_000, insideMax: 20 },
    );
    const [one, two] = [await world.node(), await world.node()];
    const fans = await crowd([one, two], eventId, [26, 12, 2]);
    for (const [index, inLane] of fans.entries()) {
      const indices = inLane.map((fan) => fan.receipt?.index ?? 0).toSorted((a, b) => a - b);
      t.deepEqual(
        indices,
        Array.from({ length: inLane.length }, (_, at) => at + 1),
      );
      t.true(inLane.every((fan) => fan.lane === LANES[index]?.id));
    }
    await eventually(async () => assert.equal((await two.frame(eventId))?.joined, 40));
    world.events.phase(eventId, 'open');
    await Promise.all([one.nudge(eventId), two.nudge(eventId)]);
    // Twenty are inside or called: 65, 30 and 5 percent of them.
    await eventually(async () => assert.deepEqual(await servingIn(two, eventId), [13, 6, 1]), 8_000);
    for (const [index, inLane] of fans.entries()) {
      const id = LANES[index]?.id;
      const document = await eventually(async () => {
        const draw = await one.draw(eventId, id);
        assert(draw !== null && draw.secret !== null);
        return drawDocumentOf(draw, 0);
      });
      const { leaves } = granted(await two.drawLeaves(eventId, 1, 100, id));
      const turnOf = turnsOf(nodeHashes, document);
      assert(turnOf !== null);
      for (const fan of inLane) {
        assert(fan.receipt !== null);
        const checks = checkDraw(nodeHashes, document, {
          leaves,
          receipt: { ...fan.receipt, entropy: fan.fanId },
        });
        t.deepEqual(
          checks.filter(({ kept }) => kept !== true),
          [],
        );
        const turn = turnOf(fan.receipt.index);
        const standing = granted(await two.standing(eventId, fan.fanId, fan.place));
        const called = [13, 6, 1][index] ?? 0;
        t.like(standing, {
          lane: id,
          number: turn,
          drawn: true,
          state: turn <= called ? 'called' : 'waiting',
        });
        if (turn > called) {
          t.is(standing.ahead, turn - called - 1);
          t.is(codeOf(await one.redeem(eventId, fan.fanId, fan.place)), 'not_called');
        } else if (turn === called) {
          t.true(granted(await one.redeem(eventId, fan.fanId, fan.place)).created);
        }
      }
    }
    const before = await servingIn(one, eventId);
    await world.lose();
    const third = await world.node();
    await eventually(async () => {
      const frame = await third.frame(eventId);
      assert.equal(frame?.joined, 40);
      for (const [index, serving] of (await servingIn(third, eventId)).entries()) {
        assert(serving >= (before[index] ?? 0));
      }
    }, 8_000);
    const late = await joinIn(third, eventId, 'club');
    t.like(late, { number: 13, lane: 'club', receipt: null });
    t.is(passes.readPlace(late.place)?.number, 1_000_000_000_013);
  },
);

rule(
  'who names no lane stands in the first open one, and keeps the place that they have',
  async (t, world) => {
    const closed: LaneDefinition = { id: 'club', name: 'club', sharePercent: 30, access: 'code' };
    const eventId = world.events.create({
      opensAtMs: Date.now() + LATER_MS,
      lanes: [closed, lane('general', 60), lane('accessible', 10)],
    });
    const room = await world.node();
    const fan = await joinIn(room, eventId);
    t.like(fan, { lane: 'general', number: 1 });
    t.is(codeOf(await room.join(eventId, systemIds.next(), undefined, { laneId: 'club' })), 'code_required');
    t.is(
      codeOf(await room.join(eventId, systemIds.next(), undefined, { laneId: 'nowhere' })),
      'lane_unknown',
    );
    const moved = await joinIn(room, eventId, 'accessible', fan.fanId);
    t.like(moved, { lane: 'accessible', number: 1, created: true });
    t.like(await joinIn(room, eventId, undefined, fan.fanId), {
      lane: 'accessible',
      created: false,
      place: moved.place,
    });
    world.events.phase(eventId, 'open');
    await room.nudge(eventId);
    await eventually(async () => assert.deepEqual(await servingIn(room, eventId), [0, 1, 1]), 8_000);
    t.is(
      codeOf(await room.redeem(eventId, fan.fanId, fan.place)),
      'place_invalid',
      'the place that was given up',
    );
    t.true(granted(await room.redeem(eventId, moved.fanId, moved.place)).created);
    t.like(await joinIn(room, eventId, 'general', fan.fanId), { lane: 'accessible', created: false });
  },
);

rule(
  'lanes that a running line gets, and shares that change, are in force within a second on every node',
  async (t, world) => {
    const eventId = world.events.create({}, { ratePerMinute: 60_000, insideMax: 4 });
    const [one, two] = [await world.node(), await world.node()];
    const first = await joinIn(one, eventId);
    t.is(first.lane, null);
    for (let count = 0; count < 9; count += 1) await joinIn(two, eventId);
    await eventually(async () => assert.equal((await two.frame(eventId))?.serving, 4), 8_000);
    t.is((await two.frame(eventId))?.lanes, undefined);
    world.events.lanes(eventId, [lane('general', 10), lane('club', 90)]);
    await eventually(async () => assert.equal((await two.frame(eventId))?.lanes?.length, 2), 2_000);
    await eventually(async () => assert.equal((await one.frame(eventId))?.lanes?.length, 2), 2_000);
    const club = await Promise.all(Array.from({ length: 10 }, () => joinIn(two, eventId, 'club')));
    t.deepEqual(
      club.map(({ number }) => number).toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    world.events.turn(eventId, { insideMax: 14 });
    await eventually(async () => {
      const [general = 0, fans = 0] = await servingIn(one, eventId);
      assert.equal(general + fans, 14);
      assert(fans >= 8, `${general} and ${fans}`);
    }, 8_000);
    t.like(await one.standing(eventId, first.fanId, first.place), {
      state: 'called',
      lane: 'general',
      number: 1,
    });
  },
);
