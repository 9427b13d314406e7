import test from 'ava';
import { ELSEWHERE, EVENT } from './fakes.ts';
import { refused, withServer } from './with-server.ts';

const PUZZLE = `/v1/events/${EVENT}/line/puzzle`;
const APPEALS = `/v1/events/${EVENT}/line/appeals`;
const LIST = `/v1/operator/events/${EVENT}/appeals`;

test('a puzzle is for the fan who asks, from where the request came', async (t) => {
  const bench = await withServer(t);
  const { fan } = bench;
  const answer = await bench.ask('GET', PUZZLE, { token: fan.token });
  t.is(answer.status, 200);
  t.like(answer.body, { required: true, hashes: 20_000, reasons: ['always'], puzzle: { for: fan.id } });
  t.regex(answer.text, /"at":"[^"]*127\.0\.0\.1"/);
  refused(t, await bench.ask('GET', PUZZLE), 'unauthenticated');
  refused(t, await bench.ask('GET', PUZZLE.replace(EVENT, ELSEWHERE), { token: fan.token }), 'not_found');
});

test('an appeal is filed once a fan, and only with something to say', async (t) => {
  const bench = await withServer(t);
  const { fan, stranger } = bench;
  const file = (message: unknown) => bench.ask('POST', APPEALS, { token: fan.token, body: { message } });
  refused(t, await bench.ask('GET', `${APPEALS}/mine`, { token: fan.token }), 'not_found');
  for (const message of ['', '   ', 'x'.repeat(2_001), 7, undefined])
    refused(t, await file(message), 'invalid_request');
  const filed = await file('my reader cannot solve it');
  t.is(filed.status, 201);
  const again = await file('and again');
  t.is(again.status, 200);
  t.like(again.body, { message: 'my reader cannot solve it', resolution: null });
  refused(t, await bench.ask('GET', `${APPEALS}/mine`, { token: stranger.token }), 'not_found');
});

test('a viewer reads appeals, an operator decides them, and the fan sees what was decided but not by whom', async (t) => {
  const bench = await withServer(t);
  const { fan, operator, viewer } = bench;
  const filed = await bench.ask('POST', APPEALS, { token: fan.token, body: { message: 'let me in' } });
  const { appealId } = filed.body as { readonly appealId?: string };
  refused(t, await bench.ask('GET', LIST, { token: fan.token }), 'forbidden');
  t.like((await bench.ask('GET', LIST, { token: viewer })).body, { appeals: [{ appealId }] });

  const decide = (token: string, body: unknown, id = appealId) =>
    bench.ask('POST', `/v1/operator/appeals/${id}/resolution`, { token, body });
  const granted = { decision: 'granted', note: 'called us' };
  refused(t, await decide(viewer, granted), 'forbidden');
  refused(t, await decide(operator, { decision: 'maybe', note: 'x' }), 'invalid_request');
  refused(t, await decide(operator, granted, ELSEWHERE), 'not_found');
  t.like((await decide(operator, granted)).body, { resolution: granted });
  const mine = await bench.ask('GET', `${APPEALS}/mine`, { token: fan.token });
  t.like(mine.body, { resolution: { ...granted, by: 'operator' } });
  t.deepEqual((await bench.ask('GET', LIST, { token: operator })).body, { appeals: [] } as object);
});
