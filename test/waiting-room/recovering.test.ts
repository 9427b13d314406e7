import assert from 'node:assert/strict';
import { v5 as uuidv5 } from 'uuid';
import type { RecoveryRequest } from '../../src/domain/ports/recovery.ts';
import { systemIds } from '../../src/infra/environment.ts';
import { GUESSES } from '../../src/waiting-room/guess-limit.ts';
import type { WaitingRoom } from '../../src/waiting-room/waiting-room.ts';
import { eventually } from '../support/eventually.ts';
import { codeOf, granted, OTHER_PASSES } from './room.ts';
import { rule } from './rule.ts';

const fanIn = async (room: WaitingRoom, eventId: string, fanId = systemIds.next()) => ({
  fanId,
  ...granted(await room.join(eventId, fanId)),
});

const ask = (code: string, change: Partial<RecoveryRequest> = {}): RecoveryRequest => ({
  code,
  callerId: null,
  requestId: systemIds.next(),
  address: null,
  ...change,
});

const stateOf = async (room: WaitingRoom, eventId: string, fan: { fanId: string; place: string }) => {
  const standing = await room.standing(eventId, fan.fanId, fan.place);
  return 'code' in standing ? standing.code : standing.state;
};

const toldGone = (room: WaitingRoom, eventId: string, fan: { fanId: string; place: string }) =>
  eventually(async () => assert.equal(await stateOf(room, eventId, fan), 'place_handed_over'));

rule(
  'a code brings the same place to another device, and the one before is told on every node',
  async (t, world) => {
    const eventId = world.events.create({}, { paused: true });
    const [one, two] = [await world.node(), await world.node()];
    await fanIn(one, eventId);
    const phone = await fanIn(one, eventId);
    t.is(await stateOf(two, eventId, phone), 'waiting');
    const gone: string[] = [];
    const unwatch = [
      one.watchHandOver(eventId, phone.fanId, phone.place, () => gone.push('one')),
      two.watchHandOver(eventId, phone.fanId, phone.place, () => gone.push('two')),
    ];
    const laptop = granted(await two.recover(eventId, ask(phone.recoveryCode)));
    t.like(laptop, { fanId: phone.fanId, number: 2, created: false, receipt: null });
    t.not(laptop.recoveryCode, phone.recoveryCode);
    t.is(await stateOf(two, eventId, laptop), 'waiting');
    for (const room of [two, one]) {
      await toldGone(room, eventId, phone);
      t.is(codeOf(await room.redeem(eventId, phone.fanId, phone.place)), 'place_handed_over');
      t.is(
        codeOf(await room.join(eventId, phone.fanId)),
        'place_handed_over',
        'a token alone brings it back to nobody',
      );
      const { place } = laptop;
      t.like(granted(await room.join(eventId, phone.fanId, undefined, { place })), {
        created: false,
        number: 2,
        place,
      });
    }
    await eventually(() => assert.deepEqual(gone.toSorted(), ['one', 'two']));
    for (const end of unwatch) end();
    // Back to the phone, with the code that the laptop shows.
    const again = granted(await one.recover(eventId, ask(laptop.recoveryCode.toLowerCase())));
    t.is(again.number, 2);
    await toldGone(two, eventId, laptop);
    t.is(await stateOf(two, eventId, again), 'waiting');
    await toldGone(two, eventId, phone);
  },
);

rule(
  'a code replayed, forged, of another line, or of a place that has had its turn is refused by its name',
  async (t, world) => {
    const [eventId, elsewhere] = [world.events.create(), world.events.create()];
    const room = await world.node();
    const fan = await fanIn(room, eventId);
    const there = await fanIn(room, elsewhere);
    const refusal = async (code: string, id = eventId): Promise<string> =>
      codeOf(await room.recover(id, ask(code)));
    const forged = OTHER_PASSES.recoveryCode({ eventId, fanId: fan.fanId, number: fan.number });
    t.is(await refusal(forged), 'recovery_code_invalid');
    t.is(await refusal(there.recoveryCode), 'recovery_code_invalid');
    t.is(await refusal(fan.recoveryCode, elsewhere), 'recovery_code_invalid');
    t.is(await refusal(fan.recoveryCode.replace(/^..../, '0009')), 'recovery_code_invalid');
    t.is(await refusal('no code at all'), 'recovery_code_invalid');
    t.is(await refusal(fan.recoveryCode, systemIds.next()), 'not_found');
    const once = ask(fan.recoveryCode);
    const laptop = granted(await room.recover(eventId, once));
    const repeat = granted(await room.recover(eventId, once));
    t.is(repeat.place, laptop.place, 'the answer to a request that is sent again is the same');
    t.is(await refusal(fan.recoveryCode), 'recovery_code_used');
    await eventually(async () => granted(await room.redeem(eventId, laptop.fanId, laptop.place)));
    await room.leave(eventId, fan.fanId);
    t.is(await refusal(laptop.recoveryCode), 'recovery_code_expired');
    const anew = granted(await room.join(eventId, fan.fanId, undefined, { place: laptop.place }));
    t.is(anew.created, true, 'whoever joins again is at the end, with a place of one device');
    t.is(await refusal(laptop.recoveryCode), 'recovery_code_expired');
  },
);

rule(
  'inside, the pass goes along: the old one opens nothing, and the slot is taken once',
  async (t, world) => {
    const eventId = world.events.create({}, { insideMax: 1 });
    const [one, two] = [await world.node(), await world.node()];
    const phone = await fanIn(one, eventId);
    const { pass } = await eventually(async () =>
      granted(await one.redeem(eventId, phone.fanId, phone.place)),
    );
    const laptop = granted(await two.recover(eventId, ask(phone.recoveryCode)));
    t.is(codeOf(await two.checkPass(eventId, pass)), 'pass_invalid');
    await eventually(async () => assert.equal(codeOf(await one.checkPass(eventId, pass)), 'pass_invalid'));
    await toldGone(one, eventId, phone);
    t.is(codeOf(await one.redeem(eventId, phone.fanId, phone.place)), 'place_handed_over');
    const redeemed = granted(await two.redeem(eventId, laptop.fanId, laptop.place));
    t.is(redeemed.created, false);
    t.like(granted(await one.checkPass(eventId, redeemed.pass)), { fanId: phone.fanId });
    t.like(await one.counters(eventId), { inside: 1 });
  },
);

rule(
  'a device whose admission comes too late leaves the slot to the one that has the place',
  async (t, world) => {
    const eventId = world.events.create({}, { insideMax: 1 });
    let asked = (): void => undefined;
    let write = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const mayWrite = new Promise<void>((resolve) => (write = resolve));
    const slow = await world.node({
      journal: (journal) => ({
        ...journal,
        async recordAdmission(wanted) {
          asked();
          await mayWrite;
          return journal.recordAdmission(wanted);
        },
      }),
    });
    const other = await world.node();
    const phone = await fanIn(slow, eventId);
    await eventually(async () => assert((await slow.frame(eventId))!.serving >= phone.number));
    const late = slow.redeem(eventId, phone.fanId, phone.place);
    await isAsked;
    const laptop = granted(await other.recover(eventId, ask(phone.recoveryCode)));
    const { pass } = granted(await other.redeem(eventId, laptop.fanId, laptop.place));
    write();
    t.is(codeOf(await late), 'place_handed_over');
    t.is(codeOf(await other.checkPass(eventId, pass)), 'granted');
    // A step that is later than all of this.
    const next = await fanIn(other, eventId);
    world.events.turn(eventId, { insideMax: 2 });
    await eventually(async () => assert((await other.frame(eventId))!.serving >= next.number));
    t.like(await other.counters(eventId), { inside: 1 }, 'whoever is inside is counted');
  },
);

rule('whoever of many redeems and hands over at once, one device has a pass that opens', async (t, world) => {
  const eventId = world.events.create();
  const [one, two] = [await world.node(), await world.node()];
  for (let round = 0; round < 12; round += 1) {
    const phone = await fanIn(one, eventId);
    const called = async () => assert((await two.frame(eventId))!.serving >= phone.number);
    await eventually(called);
    const [first, second, ...recovered] = await Promise.all([
      one.redeem(eventId, phone.fanId, phone.place),
      two.redeem(eventId, phone.fanId, phone.place),
      ...[one, two, one, two].map((room) => room.recover(eventId, ask(phone.recoveryCode))),
    ]);
    const won = recovered.flatMap((answer) => ('code' in answer ? [] : [answer]));
    t.is(won.length, 1);
    t.true(recovered.every((answer) => ['granted', 'recovery_code_used'].includes(codeOf(answer))));
    const opens = await Promise.all(
      [first, second].map(
        async (answer) => 'pass' in answer && codeOf(await one.checkPass(eventId, answer.pass)) === 'granted',
      ),
    );
    t.deepEqual(opens, [false, false], 'whatever the phone got opens nothing any more');
    const [laptop] = won;
    assert(laptop !== undefined);
    const { pass } = await eventually(async () =>
      granted(await two.redeem(eventId, laptop.fanId, laptop.place)),
    );
    t.is(codeOf(await two.checkPass(eventId, pass)), 'granted');
  }
  const { rows } = await world.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM line.admissions');
  t.is(rows[0]?.n, 12, 'one admission a place');
});

rule('a stranger cannot take the place of an account; its owner can, from any device', async (t, world) => {
  const eventId = world.events.create({}, { paused: true });
  const room = await world.node();
  const account = uuidv5('somebody', systemIds.next());
  const owner = await fanIn(room, eventId, account);
  const stranger = systemIds.next();
  t.is(codeOf(await room.recover(eventId, ask(owner.recoveryCode))), 'recovery_needs_account');
  t.is(
    codeOf(await room.recover(eventId, ask(owner.recoveryCode, { callerId: stranger }))),
    'recovery_needs_account',
  );
  t.is(await stateOf(room, eventId, owner), 'waiting');
  t.like(granted(await room.recover(eventId, ask(owner.recoveryCode, { callerId: account }))), {
    fanId: account,
    number: 1,
  });
});

rule('guessing ends after some tries from one network, and others are not held up', async (t, world) => {
  const eventId = world.events.create({}, { paused: true });
  const room = await world.node();
  const fan = await fanIn(room, eventId);
  const from = (address: string, code = '0001-AAAA-AAAA-AAAA') =>
    room.recover(eventId, ask(code, { address }));
  for (let guess = 0; guess < GUESSES; guess += 1) {
    t.is(codeOf(await from(`2001:db8::${guess}`)), 'recovery_code_invalid');
  }
  const limited = await from('2001:db8::ffff', fan.recoveryCode);
  t.like(limited, { code: 'rate_limited' });
  t.true('retryAfterMs' in limited && (limited.retryAfterMs ?? 0) > 500_000);
  t.is(codeOf(await from('2001:db8:0:1::1', fan.recoveryCode)), 'granted');
});

rule('a lost line and a dead node leave the place where it went', async (t, world) => {
  let dead = false;
  const eventId = world.events.create({}, { paused: true });
  const first = await world.node({ isDead: () => dead });
  const phone = await fanIn(first, eventId);
  const laptop = granted(await first.recover(eventId, ask(phone.recoveryCode)));
  dead = true;
  await world.lose();
  const second = await world.node();
  t.is(await stateOf(second, eventId, phone), 'place_handed_over');
  t.like(granted(await second.standing(eventId, laptop.fanId, laptop.place)), {
    state: 'waiting',
    number: 1,
  });
  t.is(codeOf(await second.recover(eventId, ask(phone.recoveryCode))), 'recovery_code_used');
  world.events.turn(eventId, { paused: false });
  await second.nudge(eventId);
  await eventually(async () => granted(await second.redeem(eventId, laptop.fanId, laptop.place)));
  t.is(codeOf(await second.redeem(eventId, phone.fanId, phone.place)), 'place_handed_over');
});
