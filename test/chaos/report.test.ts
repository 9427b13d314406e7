import test from 'ava';
import { htmlReportOf } from '../../src/chaos/html-report.ts';
import { reportOf } from '../../src/chaos/report.ts';
import { resultOf, type ChaosResult } from '../../src/chaos/result.ts';
import { createLive, pictureOf, sparkline } from '../../src/chaos/screen.ts';
import { enoughFor } from '../../src/chaos/verdict.ts';
import { createTally } from '../../src/rush/tally.ts';
import { strikeRecord } from './records.ts';

const happened = {
  requests: { ok: 10, fail: 1, unknown: 2 },
  ordersSeen: { confirmed: 3, expired: 1 },
  seconds: [
    { ok: 10, fail: 1, unknown: 0, sales: 3 },
    { ok: 0, fail: 0, unknown: 2, sales: 0 },
  ],
};

const result = (note = 'A/A-1-1 has <2> live tickets'): ChaosResult => {
  const { counts, outcomes } = createTally(0);
  const broken = {
    promise: 'P1',
    what: 'one ticket',
    state: 'broken',
    checked: 4,
    broken: 1,
    notes: [note],
  } as const;
  const strikes = [
    strikeRecord('redis-kill'),
    strikeRecord('redis-kill', { struckAtMs: 4_000, healStartedAtMs: 5_000, healedAtMs: 7_000 }),
    strikeRecord('actor-kill', { part: 'actors', backAfterMs: 31 }),
    strikeRecord('node-kill', { part: 'nodes', missed: 'too few nodes are running' }),
  ];
  return resultOf(
    {
      seed: 7,
      startedAtMs: 0,
      loadEndedAtMs: 10_000,
      endedAtMs: 12_000,
      strikes,
      samples: [{ atMs: 0, node: 'node-1', state: 'ready', down: [] }],
      counts,
      outcomes,
      sales: [{ eventId: 'e', fans: 3, seats: 40, settledMs: 10, verdicts: [broken] }],
      ownExits: { 'node-1': 0 },
    },
    happened,
    enoughFor(60_000, 6, 4_000),
  );
};

test('the report counts faults by kind, says each promise, and why the run is red', (t) => {
  const text = reportOf(result());
  t.regex(text, /^ {2}redis-kill +2 +0 +3\.0 s/m, 'the longer of two');
  t.regex(text, /^ {2}node-kill +0 +1 .*too few nodes are running/m);
  t.regex(text, /^ {2}P10 +1 +31 +31 +31 +100 {2}a killed actor runs again$/m);
  t.regex(text, /^ {2}P1 +BROKEN +4 +one ticket$/m);
  t.regex(text, /P1 BROKEN: one ticket: 1 of 4\n {4}A\/A-1-1 has <2> live tickets/);
  t.regex(text, /RED\n {4}P1 is broken/);
  t.regex(text, /seed +7/);
});

test('the page needs nothing from elsewhere, escapes what it shows, and draws every fault that landed', (t) => {
  const page = htmlReportOf(result('<script>alert("x")</script>'));
  t.notRegex(page, /<script|src=|href=|url\(|@import/);
  t.regex(page, /&#60;script&#62;/);
  t.is([...page.matchAll(/<rect [^>]*fill="#b00020"/g)].length, 3);
  t.regex(page, /redis-kill Redis, 3\.0 s/);
  t.is([...page.matchAll(/<title>second /g)].length, 2);
  t.regex(page, /class="verdict broken"/);
});

test('the live view names the faults that rage now, on a screen and in a line', (t) => {
  const live = createLive();
  live.phase = 'fans are coming';
  live.read({ type: 'strike', atMs: 1_000, kind: 'redis-kill', target: 'Redis' });
  live.read({ type: 'strike', atMs: 1_500, kind: 'rabbit-cut', target: '4 connections' });
  live.read({ type: 'heal', atMs: 3_000, kind: 'redis-kill', target: 'Redis' });
  const picture = pictureOf(live, () => ({ nowMs: 4_000, startedAtMs: 0, happened }));
  t.regex(picture.line(), /fans are coming.*unknown 2, sales 3; broken: rabbit-cut$/);
  const screen = picture.screen().join('\n');
  t.regex(screen, /1 s {2}2 s +redis-kill/);
  t.regex(screen, /NOW +rabbit-cut/);
});

test('a sparkline is as high as its shares, and flat where nothing happened', (t) => {
  t.is(sparkline([0, 4, 8]), ' ▄█');
  t.is(sparkline([0, 0]), '  ');
});
