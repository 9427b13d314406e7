import { readFileSync } from 'node:fs';
import test from 'ava';
import type { DrawDocument, KeptReceipt } from '../../src/domain/draw-proof.ts';
import { bundleFrom } from '../../web/fan/draw/bundle.ts';
import { browserHashes } from '../../web/fan/draw/hashes.ts';
import { verify } from '../../web/fan/draw/verification.ts';
import { nodeHashes } from '../../src/infra/hashes.ts';

interface Vector {
  readonly draw: DrawDocument;
  readonly leaves: readonly string[];
  readonly receipts: readonly (KeptReceipt & { readonly turn: number })[];
  readonly turns: readonly number[];
}

const { draws } = JSON.parse(readFileSync('test/vectors/draw.json', 'utf8')) as { draws: readonly Vector[] };

test('golden vectors: the browser finds every draw right, and every turn where another program found it', (t) => {
  for (const { draw, leaves, receipts, turns } of draws) {
    for (const { turn, ...receipt } of receipts) {
      const { checks, places } = verify({ draw, leaves, receipt }, [receipt.index]);
      t.true(checks.every(({ kept }) => kept === true));
      t.deepEqual(places, [{ index: receipt.index, turn }]);
    }
    const all = verify(
      { draw },
      Array.from({ length: draw.entrants }, (_, index) => index + 1),
    );
    t.deepEqual(
      all.places.map(({ turn }) => turn),
      turns,
    );
    t.true(all.checks.some(({ kept }) => kept === null));
  }
});

test('a lie about the secret, an entry, a receipt or the order is seen in the browser', (t) => {
  const vector = draws.at(-1);
  const [one] = vector?.receipts ?? [];
  if (vector === undefined || one === undefined) return t.fail();
  const { draw, leaves } = vector;
  const { turn: _turn, ...receipt } = one;
  const brokenIn = (bundle: Parameters<typeof verify>[0]): number =>
    verify(bundle, []).checks.filter(({ kept }) => kept === false).length;
  t.is(brokenIn({ draw, leaves, receipt }), 0);
  t.true(brokenIn({ draw: { ...draw, secret: 'ab'.repeat(32) }, leaves, receipt }) > 0);
  t.true(brokenIn({ draw, leaves: leaves.toReversed(), receipt }) > 0);
  t.true(brokenIn({ draw, leaves: leaves.slice(1), receipt }) > 0);
  t.true(brokenIn({ draw, leaves, receipt: { ...receipt, entropy: 'other' } }) > 0);
  t.true(brokenIn({ draw: { ...draw, commitment: 'cd'.repeat(32) }, leaves, receipt }) > 0);
  return undefined;
});

test('the library of the pages hashes as OpenSSL does', (t) => {
  for (const length of [0, 1, 55, 56, 64, 65, 1_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 251);
    t.deepEqual([...browserHashes.sha256(bytes)], [...nodeHashes.sha256(bytes)]);
    t.deepEqual([...browserHashes.hmacSha256(bytes, bytes)], [...nodeHashes.hmacSha256(bytes, bytes)]);
  }
});

test('a file that is no draw is told apart from one that is', (t) => {
  const draw = draws[0]?.draw;
  t.deepEqual(bundleFrom(JSON.stringify(draw)), { draw } as never);
  t.truthy(bundleFrom(JSON.stringify({ draw, leaves: ['a'] })));
  for (const text of [
    '',
    'null',
    '[]',
    '{"draw":1}',
    '{not json',
    JSON.stringify({ draw: { ...draw, entrants: -1 } }),
    JSON.stringify({ draw: { ...draw, secret: 7 } }),
    JSON.stringify({ draw, leaves: [1] }),
    JSON.stringify({ draw, receipt: { index: 0 } }),
  ]) {
    t.is(bundleFrom(text), null, text);
  }
});
