import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { checkDraw, turnsOf, type DrawDocument, type KeptReceipt } from '../../src/domain/draw-proof.ts';
import {
  commitmentOf,
  createPermutation,
  drawKeyOf,
  firstHead,
  fromHex,
  leafOf,
  nextHead,
  toHex,
  type Hashes,
} from '../../src/domain/draw.ts';
import { nodeHashes } from '../../src/infra/hashes.ts';

interface Vector {
  readonly draw: DrawDocument;
  readonly leaves: readonly string[];
  readonly receipts: readonly (KeptReceipt & { readonly turn: number })[];
  readonly key: string;
  readonly turns: readonly number[];
}

/** Made by another program, in another language, from docs/DRAW.md. */
const vectors = JSON.parse(readFileSync('test/vectors/draw.json', 'utf8')) as {
  readonly draws: readonly Vector[];
  readonly permutations: readonly {
    readonly key: string;
    readonly entrants: number;
    readonly turns: readonly (readonly [index: number, turn: number])[];
  }[];
};

const keyFrom = (seed: number): Uint8Array => nodeHashes.sha256(Uint8Array.from([seed & 255, seed >> 8]));

const everyone = (seed: number, entrants: number): number[] => {
  const turnOf = createPermutation(nodeHashes, keyFrom(seed), entrants);
  return Array.from({ length: entrants }, (_, index) => turnOf(index + 1));
};

for (const [number, vector] of vectors.draws.entries()) {
  test(`golden vector ${number + 1}: chain, key and every turn are what they were published to be`, (t) => {
    const { draw, leaves, receipts, key, turns } = vector;
    const [secret, head] = [fromHex(draw.secret ?? ''), fromHex(draw.head)];
    t.truthy(secret);
    t.truthy(head);
    if (secret === null || head === null) return;
    t.is(toHex(commitmentOf(nodeHashes, secret)), draw.commitment);
    const input = { secret, head, entrants: draw.entrants, beacon: draw.beacon?.value ?? null };
    t.is(toHex(drawKeyOf(nodeHashes, input)), key);
    const turnOf = turnsOf(nodeHashes, draw);
    t.deepEqual(
      turns.map((_, index) => turnOf?.(index + 1)),
      [...turns],
    );
    for (const receipt of receipts) {
      const checks = checkDraw(nodeHashes, draw, { leaves, receipt });
      t.true(checks.length >= 6);
      t.deepEqual(
        checks.filter((check) => check.kept !== true),
        [],
      );
      t.is(turnOf?.(receipt.index), receipt.turn);
    }
  });
}

test('golden vector: turns among a million', (t) => {
  for (const { key, entrants, turns } of vectors.permutations) {
    const turnOf = createPermutation(nodeHashes, fromHex(key) ?? new Uint8Array(), entrants);
    t.deepEqual(
      turns.map(([index]) => [index, turnOf(index)]),
      turns.map((pair) => [...pair]),
    );
  }
});

test('every turn is given to exactly one index, however many have joined', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_200 }), fc.nat(60_000), (entrants, seed) => {
      const turns = everyone(seed, entrants);
      return new Set(turns).size === entrants && turns.every((turn) => turn >= 1 && turn <= entrants);
    }),
    { numRuns: 60 },
  );
  t.is(new Set(everyone(7, 20_000)).size, 20_000);
  t.notDeepEqual(everyone(1, 1_000), everyone(2, 1_000));
});

test('a million entrants cost one look-up what a thousand cost', (t) => {
  let hashes = 0;
  const counting = {
    ...nodeHashes,
    hmacSha256(key: Uint8Array, bytes: Uint8Array) {
      hashes += 1;
      return nodeHashes.hmacSha256(key, bytes);
    },
  };
  const turnOf = createPermutation(counting, keyFrom(1), 1_000_000);
  for (let index = 1; index <= 1_000; index += 1) turnOf(index);
  t.true(hashes < 1_000 * 14, `${hashes} hashes for a thousand look-ups`);
});

test('an index that nobody has, has no turn', (t) => {
  const turnOf = createPermutation(nodeHashes, keyFrom(1), 10);
  for (const index of [0, -1, 11, 1.5, Number.NaN, 2 ** 60]) {
    t.throws(() => turnOf(index), { instanceOf: RangeError }, String(index));
  }
  t.throws(() => createPermutation(nodeHashes, keyFrom(1), 0)(1), { instanceOf: RangeError });
});

/** Pearson's: the sum of (found − expected)² over expected; about its degrees of freedom where the draw is even. */
const chiSquare = (found: readonly number[], expected: number): number =>
  found.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);

/** Even, and a hundred times as fast: what is looked at is the network, not SHA-256. */
const quickHashes: Hashes = {
  ...nodeHashes,
  hmacSha256(key, bytes) {
    let state = 0x9e3779b9;
    const mix = (byte: number): void => {
      state = Math.imul(state ^ byte, 0x85ebca6b);
      state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
      state ^= state >>> 16;
    };
    for (const byte of key.subarray(0, 8)) mix(byte);
    for (const byte of bytes) mix(byte);
    return Uint8Array.from({ length: 6 }, () => {
      mix(1);
      return state & 255;
    });
  },
};

test('among a handful every order comes up as often as any other', (t) => {
  // Keys are fixed, so this passes or fails the same way each time. The limits are passed by one fair draw in a million.
  for (const [entrants, orders, limit] of [
    [2, 2, 24],
    [3, 6, 37],
    [4, 24, 71],
  ] as const) {
    const found = new Map<string, number>();
    for (let seed = 0; seed < orders * 20; seed += 1) {
      const turnOf = createPermutation(quickHashes, keyFrom(seed), entrants);
      const order = Array.from({ length: entrants }, (_, index) => turnOf(index + 1)).join();
      found.set(order, (found.get(order) ?? 0) + 1);
    }
    t.is(found.size, orders);
    const square = chiSquare([...found.values()], 20);
    t.true(square < limit, `${entrants}: ${square}`);
  }
});

test('whoever joins first, last or next to a friend has no better and no worse turn', (t) => {
  const entrants = 300;
  const [draws, tenths] = [2_000, 10];
  const none = (): number[] => Array.from({ length: tenths }, () => 0);
  const counts = [1, 2, 150, 300].map(() => none());
  const apart = none();
  const tenthOf = (turn: number): number => Math.floor(((turn - 1) * tenths) / entrants);
  for (let seed = 0; seed < draws; seed += 1) {
    const turnOf = createPermutation(nodeHashes, keyFrom(seed), entrants);
    const turns = [1, 2, 150, 300].map(turnOf);
    for (const [which, turn] of turns.entries()) {
      const count = counts[which] ?? [];
      count[tenthOf(turn)] = (count[tenthOf(turn)] ?? 0) + 1;
    }
    const [first = 0, second = 0] = turns;
    const distance = (second - first + entrants) % entrants;
    apart[tenthOf(distance)] = (apart[tenthOf(distance)] ?? 0) + 1;
  }
  // One fair draw in a million is above 47 with nine degrees of freedom.
  for (const count of [...counts, apart]) t.true(chiSquare(count, draws / tenths) < 47, String(count));
});

const EVENT = '0192f0c1-7a00-7000-8000-000000000001';
const fan = (index: number): string => `0192f0c1-7a00-7000-8000-${String(index).padStart(12, '0')}`;

/** A draw of three, as an honest server would publish it. */
const honest = () => {
  const secret = nodeHashes.sha256(Uint8Array.from([1]));
  const commitment = commitmentOf(nodeHashes, secret);
  let head = firstHead(nodeHashes, EVENT, commitment);
  const receipts = [1, 2, 3].map((index): KeptReceipt => {
    const entry = { eventId: EVENT, fanId: fan(index), entropy: `dice ${index}` };
    const leaf = leafOf(nodeHashes, entry);
    head = nextHead(nodeHashes, head, index, leaf);
    return { ...entry, index, leaf: toHex(leaf), head: toHex(head), commitment: toHex(commitment) };
  });
  const draw: DrawDocument = {
    version: 'catraca-draw-v1',
    eventId: EVENT,
    method: 'draw',
    state: 'drawn',
    drawn: true,
    joined: 3,
    opensAt: '2026-12-01T12:00:00.000Z',
    sealedAt: '2026-12-01T12:00:00.000Z',
    openedByHand: false,
    commitment: toHex(commitment),
    entrants: 3,
    head: toHex(head),
    beacon: null,
    secret: toHex(secret),
  };
  return { draw, receipts, leaves: receipts.map(({ leaf }) => leaf) };
};

test('each way of cheating is seen by somebody who kept a receipt', (t) => {
  const { draw, receipts, leaves } = honest();
  const [receipt] = receipts;
  if (receipt === undefined) throw new Error('no receipt');
  const broken = (document: DrawDocument, given: Parameters<typeof checkDraw>[2]): readonly string[] =>
    checkDraw(nodeHashes, document, given).flatMap(({ name, kept }) => (kept === false ? [name] : []));
  const other = 'ee'.repeat(32);
  t.deepEqual(broken(draw, { leaves, receipt }), []);
  const secret = 'the secret is the one that was committed to';
  const chain = 'the chain of all entries ends in the published head';
  const mine = 'the receipt is in the chain';
  t.deepEqual(broken({ ...draw, secret: other }, { leaves, receipt }), [secret]);
  t.deepEqual(broken({ ...draw, head: other }, { leaves, receipt }), [chain]);
  t.deepEqual(broken(draw, { leaves: leaves.slice(0, 2), receipt }), [chain]);
  t.deepEqual(broken(draw, { leaves: [...leaves, other], receipt }), [chain]);
  t.deepEqual(broken(draw, { leaves: leaves.with(0, other), receipt }), [chain, mine]);
  t.deepEqual(broken(draw, { leaves: [leaves[1] ?? '', leaves[0] ?? '', leaves[2] ?? ''], receipt }), [
    chain,
    mine,
  ]);
  t.deepEqual(broken(draw, { leaves: ['no hash', ...leaves.slice(1)], receipt }), [chain]);
  t.deepEqual(broken(draw, { leaves, receipt: { ...receipt, entropy: 'other dice' } }), [
    'what the fan sent went into the leaf',
  ]);
  t.deepEqual(broken(draw, { leaves, receipt: { ...receipt, index: 2 } }), [mine]);
  t.true(broken({ ...draw, commitment: other }, { leaves, receipt }).length >= 3);
  t.true(broken({ ...draw, eventId: fan(9) }, { leaves, receipt }).includes(chain));
});

test('what cannot be checked yet is said to be so, never to be kept', (t) => {
  const { draw, receipts } = honest();
  const [kept] = receipts;
  if (kept === undefined) throw new Error('no receipt');
  const { entropy: _, ...receipt } = kept;
  const open: DrawDocument = { ...draw, state: 'open', drawn: false, secret: null };
  t.is(turnsOf(nodeHashes, open), null);
  t.is(turnsOf(nodeHashes, { ...draw, beacon: { source: 'dice', value: null } }), null);
  t.is(turnsOf(nodeHashes, { ...draw, version: 'another' }), null);
  t.deepEqual(
    checkDraw(nodeHashes, open, { receipt }).map(({ kept: result }) => result),
    [true, null, null, true, null, null],
  );
});

test('the beacon changes the order, and no other part of the draw says so beforehand', (t) => {
  const { draw } = honest();
  const many = { ...draw, entrants: 500 };
  const order = (value: string) => {
    const turnOf = turnsOf(nodeHashes, { ...many, beacon: { source: 'lottery of 1 December', value } });
    return Array.from({ length: 500 }, (_, index) => turnOf?.(index + 1)).join();
  };
  t.not(order('4 8 15 16 23 42'), order('4 8 15 16 23 43'));
  t.is(order('4 8 15 16 23 42'), order('4 8 15 16 23 42'));
});

test('hexadecimal is read back as it was written, and nothing else is taken for it', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      t.deepEqual(fromHex(toHex(bytes)), new Uint8Array(bytes));
    }),
  );
  for (const text of ['a', 'AB', 'zz', '0x12', ' 12']) t.is(fromHex(text), null);
});
