import test from 'ava';
import { EVENT } from './fakes.ts';
import { withServer } from './with-server.ts';

const PAGE = `/e/${EVENT}?plain=1`;

test('without scripts a fan joins by a form, waits on a page that refreshes itself, and keeps the place by a cookie', async (t) => {
  const bench = await withServer(t);
  const door = await bench.ask('GET', PAGE, { headers: { 'accept-language': 'de, en-GB;q=0.8' } });
  t.regex(door.text, /<html lang="en">[\s\S]*<form method="post" action="\/e\/[\w-]+">/);
  t.is(door.headers.get('refresh'), null, 'there is nothing to wait for yet');
  t.notRegex(door.text, /<script/);
  t.is(door.headers.get('cache-control'), 'no-store');

  const joined = await fetch(`${bench.url}/e/${EVENT}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  t.is(joined.status, 303);
  t.is(joined.headers.get('location'), PAGE);
  const cookie = (joined.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const waiting = await bench.ask('GET', PAGE, { headers: { cookie } });
  t.regex(waiting.headers.get('refresh') ?? '', /^\d+$/);
  t.regex(waiting.text, /Você está na fila/);

  const again = await fetch(`${bench.url}/e/${EVENT}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie },
  });
  const before = JSON.parse(Buffer.from(cookie.split('=')[1] ?? '', 'base64url').toString()) as {
    number: number;
  };
  const after = JSON.parse(
    Buffer.from(
      (again.headers.get('set-cookie') ?? '').split(';')[0]?.split('=')[1] ?? '',
      'base64url',
    ).toString(),
  ) as { number: number };
  t.is(after.number, before.number, 'joining twice is one place');
});

test('before the draw a page without scripts tells how many have joined, and no number or people in front', async (t) => {
  const bench = await withServer(t);
  const joined = await fetch(`${bench.url}/e/${EVENT}`, { method: 'POST', redirect: 'manual' });
  const cookie = (joined.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const page = async (): Promise<string> =>
    (await bench.ask('GET', PAGE, { headers: { cookie, 'accept-language': 'en' } })).text;
  t.regex(await page(), /Your number/);
  bench.line.undraw();
  const before = await page();
  t.regex(
    before,
    /<span class="ahead-number">4<\/span> <span class="ahead-words">in the draw so far, you among them/,
  );
  t.regex(before, /drawn at the opening/);
  t.notRegex(before, /Your number|in front/);
});

test('a cookie that is not ours, or was changed, is the door and not an error', async (t) => {
  const bench = await withServer(t);
  const forged = Buffer.from(
    JSON.stringify({
      fanId: 'x',
      token: 'x',
      expiresAt: 'x',
      place: '"><script>',
      number: 1,
      recoveryCode: '<b>',
    }),
  ).toString('base64url');
  for (const value of ['nonsense', forged]) {
    const cookie = `catraca-plain-${EVENT}=${value}`;
    const { status, text } = await bench.ask('GET', PAGE, { headers: { cookie } });
    t.is(status, 200);
    t.regex(text, /<form/);
    t.notRegex(text, /<script|<b>/);
  }
});

test('an event that is not there is not found without scripts either', async (t) => {
  const bench = await withServer(t);
  t.is((await bench.ask('GET', '/e/nothing?plain=1')).body.code, 'not_found');
  t.is((await bench.ask('POST', '/e/nothing')).body.code, 'not_found');
});
