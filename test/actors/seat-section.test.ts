import test, { type ExecutionContext } from 'ava';
import { seatSection } from '../../src/actors/seat-section.ts';
import { refuse } from '../../src/domain/refusal.ts';
import type { SeatRow } from '../../src/domain/seat.ts';
import { turns } from './kit/rig.ts';
import {
  askHold,
  askMap,
  command,
  createSectionRig,
  granted,
  seatRows,
  word,
  wordOf,
  type SectionRig,
} from './section-rig.ts';

const HOLD_TTL_MS = 300_000;

const spawn = (rig: SectionRig, sectionId = 'A') =>
  rig.system.spawn(seatSection({ eventId: 'e', sectionId, holdTtlMs: HOLD_TTL_MS, effects: rig.effects }));

/** A section that knows its seats. */
const loaded = async (t: ExecutionContext, rows: readonly SeatRow[] = seatRows(10)) => {
  const rig = createSectionRig(t);
  const ref = spawn(rig);
  await rig.reads[0]?.answer(rows);
  return { ...rig, ref };
};

const seat = (number: number) => ({ seatIds: [`A-1-${number}`] });

test('of a thousand simultaneous requests for one seat one goes to Postgres, the others are refused at once', async (t) => {
  const { ref, decisions } = await loaded(t);
  const answers = Array.from({ length: 1_000 }, () => askHold(ref, command(seat(1))));
  await turns(40);
  const early = await Promise.all(answers.map(wordOf));
  t.is(early.filter((one) => one === 'seat_taken').length, 999, 'before Postgres has said anything');
  t.is(early.filter((one) => one === 'pending').length, 1, 'and nobody is told yes before it has');
  t.is(decisions.length, 1);
  const [asked] = decisions;
  if (asked === undefined) return;
  t.like(asked.input, { eventId: 'e', sectionId: 'A', seatIds: ['A-1-1'], ttlMs: HOLD_TTL_MS });
  await asked.answer(granted(asked.input));
  const words = (await Promise.all(answers)).map(word);
  t.is(words.filter((one) => one === 'held').length, 1);
  t.is(await wordOf(askHold(ref, command(seat(1)))), 'seat_taken', 'and remembered as held');
  t.is(decisions.length, 1);
});

test('what is asked before the seats are known waits for them', async (t) => {
  const rig = createSectionRig(t);
  const ref = spawn(rig);
  const [hold, taken, map] = [askHold(ref, command(seat(1))), askHold(ref, command(seat(2))), askMap(ref)];
  t.deepEqual(await Promise.all([hold, taken, map].map(wordOf)), ['pending', 'pending', 'pending']);
  t.is(rig.reads.length, 1, 'one read for all of them');
  await rig.reads[0]?.answer(seatRows(2, (number) => (number === 2 ? { status: 'sold' } : {})));
  t.is(await wordOf(taken), 'seat_taken');
  t.like(await map, { seats: [{ status: 'held' }, { status: 'sold' }] });
  await rig.decisions[0]?.answer(refuse('fan_limit'));
  t.is(await wordOf(hold), 'fan_limit');
});

test('a section that cannot read its seats says so at once, and tries again for the next who asks', async (t) => {
  const rig = createSectionRig(t);
  const ref = spawn(rig);
  const answers = [askHold(ref, command(seat(1))), askMap(ref)];
  await turns();
  await rig.reads.shift()?.fail();
  t.deepEqual(await Promise.all(answers.map(wordOf)), ['unavailable', 'unavailable']);
  await rig.reads.shift()?.fail();
  const again = askMap(ref);
  await turns();
  await rig.reads.shift()?.answer(seatRows(1));
  t.is(await wordOf(again), 'map');
  t.is(rig.decisions.length, 0);
});

test('when Postgres gives no word the fan is told that nobody knows, and the seats are looked up before they are judged', async (t) => {
  const { ref, decisions, reads } = await loaded(t);
  const answer = askHold(ref, command(seat(1)));
  await turns();
  const readsBefore = reads.length;
  await decisions[0]?.fail();
  t.is(await wordOf(answer), 'outcome_unknown');
  t.is(reads.length, readsBefore + 1);
  t.is(await wordOf(askHold(ref, command(seat(1)))), 'pending', 'not refused: it may well be free');
  t.is(decisions.length, 2);
  await decisions[1]?.answer(refuse('seat_taken', { seatIds: ['A-1-1'] }));
  await reads.at(-1)?.answer(seatRows(10));
  await reads.at(-1)?.answer(seatRows(10, (number) => (number === 1 ? { status: 'sold', revision: 3 } : {})));
  t.like(await askMap(ref), { version: 3, seats: { 0: { status: 'sold' } } });
});

test('a repeat of a request under way is no rival of itself: both go to Postgres, which knows the hold', async (t) => {
  const { ref, decisions } = await loaded(t);
  const wanted = command({ quantity: 2 });
  const [first, repeat] = [askHold(ref, wanted), askHold(ref, wanted)];
  await turns();
  t.deepEqual(
    decisions.map((one) => one.input.seatIds),
    [
      ['A-1-1', 'A-1-2'],
      ['A-1-1', 'A-1-2'],
    ],
  );
  for (const one of decisions) await one.answer(granted(one.input));
  t.deepEqual([await wordOf(first), await wordOf(repeat)], ['held', 'held']);
  t.like(await askMap(ref), { version: 2 });
});

test('who left the choice to us gets other seats when another node was faster, up to six times', async (t) => {
  const { ref, decisions } = await loaded(t);
  const answer = askHold(ref, command({ quantity: 1 }));
  await turns();
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const asked = decisions[attempt];
    await asked?.answer(refuse('seat_taken', { seatIds: asked.input.seatIds }));
    t.is(await wordOf(answer), 'pending');
  }
  t.is(new Set(decisions.flatMap((one) => one.input.seatIds)).size, 6, 'never the same again');
  await decisions[5]?.answer(refuse('seat_taken', { seatIds: decisions[5].input.seatIds }));
  t.is(await wordOf(answer), 'seat_taken');
  t.is(decisions.length, 6);
});

test('who named the seat is told at once that it is gone, and the next one from memory', async (t) => {
  const { ref, decisions, clock } = await loaded(t);
  const answer = askHold(ref, command(seat(1)));
  await turns();
  await decisions[0]?.answer(refuse('seat_taken', { seatIds: ['A-1-1'] }));
  t.is(await wordOf(answer), 'seat_taken');
  t.is(await wordOf(askHold(ref, command(seat(1)))), 'seat_taken');
  t.is(decisions.length, 1);
  // Postgres has not been heard of: the belief does not outlast its two seconds.
  clock.step(2_000);
  t.is(await wordOf(askHold(ref, command(seat(1)))), 'pending');
});

test('a section knows no more than it holds: with fewer seats left than wanted it is sold out', async (t) => {
  const { ref, decisions } = await loaded(t, seatRows(3));
  void askHold(ref, command({ quantity: 2 }));
  t.is(await wordOf(askHold(ref, command({ quantity: 2 }))), 'section_sold_out');
  t.is(await wordOf(askHold(ref, command({ quantity: 1 }))), 'pending');
  t.is(decisions.length, 2);
});

test('a crash answers what is outstanding with a fault; the section comes back with a fresh read, its neighbour notices nothing', async (t) => {
  const { ref, decisions, reads, system, clock, effects, ...rest } = await loaded(t);
  const neighbour = system.spawn(
    seatSection({ eventId: 'e', sectionId: 'B', holdTtlMs: HOLD_TTL_MS, effects }),
  );
  await reads[1]?.answer(seatRows(3));
  const [here, there] = [askHold(ref, command(seat(1))), askHold(neighbour, command(seat(1)))];
  await turns();
  t.true(system.kill('A'));
  t.is(await wordOf(here), 'actor_crashed');
  t.is(await wordOf(there), 'pending');
  await clock.advance(5);
  t.is(ref.state, 'running');
  t.is(reads.length, 3, 'a read of its own for the new incarnation');
  await reads[2]?.answer(seatRows(10, (number) => (number === 2 ? { status: 'sold' } : {})));
  t.is(await wordOf(askHold(ref, command(seat(2)))), 'seat_taken');

  // The decision of the life before: nobody waits for it, and the new life must not believe it.
  const next = askHold(ref, command(seat(1)));
  await turns();
  const [old, theirs, fresh] = decisions;
  if (old === undefined || theirs === undefined || fresh === undefined) {
    t.fail();
    return;
  }
  t.not(old.owner, fresh.owner, 'the lock names the incarnation');
  await old.answer(granted(old.input));
  t.is(system.counts().staleResult, 1);
  t.is(await wordOf(next), 'pending');
  await fresh.answer(refuse('fan_limit'));
  t.is(await wordOf(next), 'fan_limit');
  t.like(await askMap(ref), { seats: { 0: { status: 'free' } } });
  await theirs.answer(granted(theirs.input));
  t.is(await wordOf(there), 'held');
  t.is(system.tree().find((one) => one.path === 'B')?.restarts, 0);
  t.is(rest.story().filter((one) => one.startsWith('crashed')).length, 1);
});

test('a decision that comes while a read is under way is newer than the read', async (t) => {
  const { ref, decisions, reads, clock } = await loaded(t);
  void askHold(ref, command(seat(1)));
  await turns();
  await clock.advance(1_000);
  const [asked, read] = [decisions[0], reads[1]];
  if (asked === undefined || read === undefined) {
    t.fail();
    return;
  }
  await asked.answer(granted(asked.input));
  await read.answer(seatRows(10));
  t.is(await wordOf(askHold(ref, command(seat(1)))), 'seat_taken');
});

test('while it is used a section reads once a second; when nobody asks for 15 s it stops', async (t) => {
  const { ref, reads, clock } = await loaded(t);
  void askHold(ref, command(seat(1)));
  for (let second = 1; second <= 15; second += 1) {
    await clock.advance(1_000);
    t.is(reads.length, 1 + second);
    await reads.at(-1)?.answer(seatRows(10));
  }
  await clock.advance(60_000);
  t.is(reads.length, 16);
  t.is(clock.pending, 1, 'only the deadline of the ask is left');
});

test('after its first look a section reads what changed since, and all of it once a minute, or where the count of transactions fell', async (t) => {
  const { ref, reads, clock } = await loaded(t);
  const ticked = async (knownUntil: number): Promise<number | null | undefined> => {
    void askMap(ref);
    await clock.advance(1_000);
    const since = reads.at(-1)?.input.since;
    await reads.at(-1)?.answer({ seats: seatRows(10), knownUntil });
    return since;
  };
  void askMap(ref);
  const asked = [await ticked(700), await ticked(705), await ticked(30), await ticked(31)];
  t.deepEqual(asked, [1, 700, 705, null], 'after 30 a whole look, since that is below 705');
  for (let second = 5; second < 64; second += 1) t.is(await ticked(31), 31);
  t.is(await ticked(31), null, 'a minute after the last whole one');
});

test('after idle time both a map and a hold wait for a fresh read: other nodes have sold and freed meanwhile', async (t) => {
  const { ref, reads, decisions, clock } = await loaded(
    t,
    seatRows(2, () => ({ status: 'paying', revision: 1 })),
  );
  await clock.advance(60_000);
  const [map, hold, taken] = [askMap(ref), askHold(ref, command(seat(1))), askHold(ref, command(seat(2)))];
  t.deepEqual(await Promise.all([map, hold, taken].map(wordOf)), ['pending', 'pending', 'pending']);
  t.is(reads.length, 2);
  await reads[1]?.answer(seatRows(2, (number) => ({ status: number === 1 ? 'free' : 'sold', revision: 2 })));
  t.like(await map, { version: 4, seats: [{ status: 'free' }, { status: 'sold' }] });
  t.is(await wordOf(taken), 'seat_taken');
  t.is(decisions.length, 1);

  await clock.advance(60_000);
  const failing = [askMap(ref), askHold(ref, command(seat(2)))];
  await turns();
  for (const read of reads.slice(2)) await read.fail();
  t.deepEqual(await Promise.all(failing.map(wordOf)), ['unavailable', 'unavailable']);
});

test('a hold whose time is over is free on the map after the next look, though Postgres has not changed', async (t) => {
  const untilMs = 1_000_000 + 500;
  const rows = seatRows(1, () => ({ status: 'held', heldUntilMs: untilMs, revision: 1 }));
  const { ref, reads, clock } = await loaded(t, rows);
  t.like(await askMap(ref), { seats: [{ status: 'held' }] });
  await clock.advance(1_000);
  await reads.at(-1)?.answer(rows);
  t.like(await askMap(ref), { version: 1, seats: [{ status: 'free' }] });
});

test('told that something changed, it reads again at once; told during a read, once more after it', async (t) => {
  const { ref, reads } = await loaded(t);
  for (let times = 0; times < 3; times += 1) ref.tell({ type: 'changed' });
  await turns();
  t.is(reads.length, 2);
  await reads[1]?.answer(seatRows(10));
  t.is(reads.length, 3);
  await reads[2]?.answer(seatRows(10));
  t.is(reads.length, 3);
});

test('what waits is bounded: the mailbox refuses a crowd, and so does the section that cannot read yet', async (t) => {
  const rig = createSectionRig(t);
  const ref = spawn(rig);
  const answers = Array.from({ length: 5_100 }, () => askHold(ref, command(seat(1))));
  await turns(200);
  const words = new Map<string, number>();
  for (const answer of answers) {
    const one = await Promise.race([answer.then(word), turns(1).then(() => 'pending')]);
    words.set(one, (words.get(one) ?? 0) + 1);
  }
  t.deepEqual(
    [...words].toSorted(([one], [other]) => one.localeCompare(other)),
    [
      ['mailbox_full', 100],
      ['overloaded', 3_000],
      ['pending', 2_000],
    ],
  );
  await rig.reads[0]?.answer(seatRows(1));
});

/** A wish that throws when it is looked at: the bug that one command alone runs into. */
const poison = (holdId: string) => {
  const wish = {
    get seatIds(): readonly string[] {
      throw new Error('poison');
    },
  };
  return { ...command(seat(1), holdId), wish };
};

test('a hold that breaks its section three times is refused from then on, and breaks nothing more', async (t) => {
  const { ref, reads, system, clock, events } = await loaded(t);
  for (let crash = 1; crash <= 3; crash += 1) {
    t.is(await wordOf(askHold(ref, poison('p1'))), 'actor_crashed');
    await clock.advance(100);
    await reads[crash]?.answer(seatRows(10));
  }
  t.deepEqual(
    events.flatMap((event) => (event.type === 'setAside' ? [`${event.path} ${event.commandId}`] : [])),
    ['A p1'],
  );
  for (let again = 0; again < 10; again += 1)
    t.is(await wordOf(askHold(ref, poison('p1'))), 'command_set_aside');
  t.is(await wordOf(askHold(ref, command(seat(2)))), 'pending', 'the others are served');
  t.like(await askMap(ref), { sectionId: 'A' });
  t.like(system.tree()[0], { restarts: 3, state: 'running' });
});

test('a hold that breaks its section while it waits for the seats is found out as well', async (t) => {
  const rig = createSectionRig(t);
  const ref = spawn(rig);
  for (let crash = 1; crash <= 3; crash += 1) {
    const innocent = askHold(ref, command(seat(crash)));
    const guilty = askHold(ref, poison('p1'));
    await rig.reads[crash - 1]?.answer(seatRows(10));
    t.deepEqual([await wordOf(innocent), await wordOf(guilty)], ['actor_crashed', 'actor_crashed']);
    await rig.clock.advance(100);
  }
  const guilty = askHold(ref, poison('p1'));
  await rig.reads[3]?.answer(seatRows(10));
  t.is(await wordOf(guilty), 'command_set_aside');
  t.is(rig.system.tree()[0]?.restarts, 3);
});
