import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { createLinePasses } from '../../src/infra/line-passes.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const passes = createLinePasses(SECRET);
const place = {
  eventId: '0192f0c1-7a00-7000-8000-000000000001',
  fanId: '0192f0c1-7a00-7000-8000-000000000002',
  number: 4711,
};
const pass = {
  passId: '0192f0c1-7a00-7000-8000-000000000003',
  eventId: place.eventId,
  fanId: place.fanId,
  expiresAtMs: 1_800_000_000_000,
};

test('what docs/TOKENS.md gives as test vectors is what is signed', (t) => {
  const page = readFileSync('docs/TOKENS.md', 'utf8');
  const vectors = [...page.matchAll(/^c[ap]1\..*$/gm)].map(([line]) => line);
  t.deepEqual(vectors, [passes.issuePlace(place), passes.issuePass(pass)]);
  t.true(page.includes(`\`${passes.recoveryCode(place)}\``));
});

test('the documented construction, done by hand, gives the same signature', (t) => {
  const key = createHmac('sha256', SECRET).update('catraca line tokens v1').digest();
  const payload = Buffer.from(`{"e":"${place.eventId}","f":"${place.fanId}","n":4711}`).toString('base64url');
  const mac = createHmac('sha256', key).update(`cp1.${payload}`).digest('base64url');
  t.is(passes.issuePlace(place), `cp1.${payload}.${mac}`);
});

test('what was signed is read back, by every holder of the secret and by nobody else', (t) => {
  const twin = createLinePasses(SECRET);
  const stranger = createLinePasses('another secret of thirty-two characters');
  t.deepEqual(twin.readPlace(passes.issuePlace(place)), place);
  t.deepEqual(twin.readPass(passes.issuePass(pass)), pass);
  t.is(stranger.readPlace(passes.issuePlace(place)), null);
  t.is(stranger.readPass(passes.issuePass(pass)), null);
});

test('a place is not a pass, and a pass is not a place', (t) => {
  t.is(passes.readPass(passes.issuePlace(place)), null);
  t.is(passes.readPlace(passes.issuePass(pass)), null);
  t.is(passes.readPass(passes.issuePlace(place).replace('cp1', 'ca1')), null);
});

test('no change of a single character is accepted', (t) => {
  const token = passes.issuePlace(place);
  for (let index = 0; index < token.length; index += 1) {
    const other = token[index] === 'A' ? 'B' : 'A';
    t.is(passes.readPlace(token.slice(0, index) + other + token.slice(index + 1)), null, String(index));
  }
});

test('rubbish is null and never an exception', (t) => {
  const token = passes.issuePlace(place);
  const [prefix, payload, mac] = token.split('.') as [string, string, string];
  const rubbish = [
    '',
    '.',
    'cp1',
    'cp1..',
    `${prefix}.${payload}`,
    `${prefix}.${payload}.`,
    `${token}.`,
    `${token}.x`,
    `${token}=`,
    ` ${token}`,
    `${prefix}.${payload}.${'ü'.repeat(mac.length)}`,
    'x'.repeat(100_000),
    `cp1.${'x'.repeat(100_000)}.y`,
    '\0',
    undefined as unknown as string,
    null as unknown as string,
    {} as unknown as string,
  ];
  for (const text of rubbish) {
    t.is(passes.readPlace(text), null);
    t.is(passes.readPass(text), null);
  }
});

test('a well-signed payload of the wrong form is null', (t) => {
  t.is(passes.readPlace(passes.issuePlace({ ...place, number: 0 })), null);
  t.is(passes.readPlace(passes.issuePlace({ ...place, number: 1.5 })), null);
  t.is(passes.readPlace(passes.issuePlace({ ...place, fanId: 'me' })), null);
  t.is(passes.readPass(passes.issuePass({ ...pass, passId: '' })), null);
});

test('a place that was handed over says how often', (t) => {
  t.deepEqual(passes.readPlace(passes.issuePlace({ ...place, claim: 2 })), { ...place, claim: 2 });
  t.is(passes.issuePlace({ ...place, claim: 0 }), passes.issuePlace(place));
  t.is(passes.readPlace(passes.issuePlace({ ...place, claim: 1.5 })), null);
});
