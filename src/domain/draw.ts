import type { EventId, FanId, PlaceNumber } from './ids.ts';

/**
 * The verifiable draw (docs/DRAW.md): a hash chain that everybody who joins before the opening adds to, and a keyed
 * permutation of their indices. Nothing here but computation, so that a fan's browser runs the very same code.
 */

/** SHA-256 and HMAC-SHA-256 as the surroundings have them: `node:crypto`, or a library in a browser. */
export interface Hashes {
  sha256(bytes: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
}

/** Names this way of drawing; another would be another version. */
export const DRAW_VERSION = 'catraca-draw-v1';

/** Bytes of a secret, a leaf, a link and a key. */
export const DRAW_BYTES = 32;

/** More than the ten of NIST's FF1, whose shape this is. */
const ROUNDS = 12;

/**
 * Neither half is smaller: over a handful of values a Feistel network mixes badly (among five people, halves of three and
 * two are 1.5 % away from even after twelve rounds).
 */
const LEAST_HALF = 16;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** Eight bytes, the greatest first. */
const uint64 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
};

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Null: not an even number of lower-case hexadecimal digits. */
export const fromHex = (hex: string): Uint8Array | null => {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) return null;
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
};

/** What is published before anybody joins. */
export const commitmentOf = (hashes: Hashes, secret: Uint8Array): Uint8Array => hashes.sha256(secret);

/** What one fan adds to the chain. The fan's id is in it, so that no two fans can be shown the same link as theirs. */
export const leafOf = (
  hashes: Hashes,
  entry: { readonly eventId: EventId; readonly fanId: FanId; readonly entropy: string },
): Uint8Array =>
  hashes.sha256(text(`${DRAW_VERSION} leaf\n${entry.eventId}\n${entry.fanId}\n${entry.entropy}`));

/** What a lane's own draw has in place of the event's id; the first lane's draw is the event's (docs/LANES.md). */
export const laneDrawId = (hashes: Hashes, eventId: EventId, lane: number): string => {
  if (lane === 0) return eventId;
  const hex = toHex(hashes.sha256(text(`${DRAW_VERSION} lane\n${eventId}\n${lane}`)));
  // A UUID of version 8: made by a rule of our own.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** The chain's beginning: whoever holds a later link holds proof of the commitment. */
export const firstHead = (hashes: Hashes, eventId: EventId, commitment: Uint8Array): Uint8Array =>
  hashes.sha256(text(`${DRAW_VERSION} chain\n${eventId}\n${toHex(commitment)}`));

/** The link after `head`, made by the entry with this index (the first is 1). `line.enter_draw` does the same in SQL. */
export const nextHead = (
  hashes: Hashes,
  head: Uint8Array,
  index: PlaceNumber,
  leaf: Uint8Array,
): Uint8Array => hashes.sha256(joined(head, uint64(index), leaf));

/** What decides the order. */
export interface DrawInput {
  readonly secret: Uint8Array;
  /** The last link of the chain. */
  readonly head: Uint8Array;
  readonly entrants: number;
  /** Public randomness that came after the last entry; null: none was asked for. */
  readonly beacon: string | null;
}

/** The key of the permutation. No part of it may change any more once the others are known. */
export const drawKeyOf = (hashes: Hashes, { secret, head, entrants, beacon }: DrawInput): Uint8Array =>
  hashes.hmacSha256(
    secret,
    joined(
      text(`${DRAW_VERSION} key\n`),
      head,
      uint64(entrants),
      beacon === null ? new Uint8Array(DRAW_BYTES) : hashes.sha256(text(beacon)),
    ),
  );

/**
 * Index → turn, both from 1 to `entrants`: a Feistel network over two halves that are numbers, not bits (Black and Rogaway's
 * generalised Feistel cipher), walked until it falls into range. One look-up costs some dozen hashes however many have
 * joined, and nothing is stored.
 */
export const createPermutation = (
  hashes: Hashes,
  key: Uint8Array,
  entrants: number,
): ((index: PlaceNumber) => PlaceNumber) => {
  const left = Math.max(LEAST_HALF, Math.ceil(Math.sqrt(entrants)));
  const right = Math.max(LEAST_HALF, Math.ceil(entrants / left));
  const message = new Uint8Array(9);
  const view = new DataView(message.buffer);

  /** 48 bits, an exact number; what is left over modulo a half of some thousands is less than one in 2^30. */
  const roundValue = (round: number, value: number): number => {
    view.setUint8(0, round);
    view.setBigUint64(1, BigInt(value));
    const hash = hashes.hmacSha256(key, message);
    let sum = 0;
    for (const byte of hash.subarray(0, 6)) sum = sum * 256 + byte;
    return sum;
  };

  const encrypt = (value: number): number => {
    let [a, b] = [Math.floor(value / right), value % right];
    for (let round = 0; round < ROUNDS; round += 2) {
      a = (a + roundValue(round, b)) % left;
      b = (b + roundValue(round + 1, a)) % right;
    }
    return a * right + b;
  };

  return (index) => {
    if (!Number.isSafeInteger(index) || index < 1 || index > entrants) {
      throw new RangeError(`index ${index} is not among ${entrants}`);
    }
    let value = encrypt(index - 1);
    // Ends: the walk is on a cycle that began within range.
    while (value >= entrants) value = encrypt(value);
    return value + 1;
  };
};
