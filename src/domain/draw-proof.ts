import {
  commitmentOf,
  createPermutation,
  DRAW_BYTES,
  DRAW_VERSION,
  drawKeyOf,
  firstHead,
  fromHex,
  leafOf,
  nextHead,
  toHex,
  type Hashes,
} from './draw.ts';
import type { EventId, FanId, PlaceNumber } from './ids.ts';
import type { DrawRecord } from './ports/draw-book.ts';

/** What `GET /v1/events/:eventId/draw` says: everything that is needed to recompute the order. */
export interface DrawDocument {
  readonly version: string;
  readonly eventId: EventId;
  /** `order_of_arrival`: nobody joined before the opening, so nothing was drawn. */
  readonly method: 'draw' | 'order_of_arrival';
  /** `open`: people enter. `sealed`: nobody enters, a beacon is waited for. `drawn`: the order is fixed. */
  readonly state: 'open' | 'sealed' | 'drawn';
  readonly drawn: boolean;
  /** Places in the line, those of people who came after the opening included. */
  readonly joined: number;
  readonly opensAt: string;
  readonly sealedAt: string | null;
  readonly openedByHand: boolean;
  readonly commitment: string;
  readonly entrants: number;
  readonly head: string;
  readonly beacon: { readonly source: string; readonly value: string | null } | null;
  readonly secret: string | null;
}

export const drawDocumentOf = (draw: DrawRecord, joined: number): DrawDocument => {
  const sealed = draw.sealedAtMs !== null;
  const fixed = draw.secret !== null;
  return {
    version: DRAW_VERSION,
    eventId: draw.eventId,
    method: sealed && draw.entrants === 0 ? 'order_of_arrival' : 'draw',
    state: fixed ? 'drawn' : sealed ? 'sealed' : 'open',
    drawn: fixed && draw.entrants > 0,
    joined: Math.max(joined, draw.entrants),
    opensAt: new Date(draw.opensAtMs).toISOString(),
    sealedAt: draw.sealedAtMs === null ? null : new Date(draw.sealedAtMs).toISOString(),
    openedByHand: draw.openedByHand,
    commitment: draw.commitment,
    entrants: draw.entrants,
    head: draw.head,
    beacon: draw.beacon,
    secret: draw.secret,
  };
};

/** What a fan kept of the answer to joining, and, to check the leaf too, what they had sent. */
export interface KeptReceipt {
  readonly index: PlaceNumber;
  readonly fanId: FanId;
  readonly leaf: string;
  readonly head: string;
  readonly commitment: string;
  readonly entropy?: string | undefined;
}

/** One thing that was looked at. `kept: null`: it could not be, for want of what `says` names. */
export interface DrawCheck {
  readonly name: string;
  readonly kept: boolean | null;
  readonly says: string;
}

const check = (name: string, kept: boolean | null, says: string): DrawCheck => ({ name, kept, says });

const hashOf = (hex: string | null): Uint8Array | null => {
  const bytes = hex === null ? null : fromHex(hex);
  return bytes?.length === DRAW_BYTES ? bytes : null;
};

const commitmentKept = (hashes: Hashes, draw: DrawDocument): DrawCheck => {
  const name = 'the secret is the one that was committed to';
  const secret = hashOf(draw.secret);
  if (secret === null) return check(name, null, 'the secret is not published yet');
  const found = toHex(commitmentOf(hashes, secret));
  return check(name, found === draw.commitment, `SHA-256 of the secret is ${found}`);
};

/** Every link of the chain, the one before the first entry included. Null: a leaf is not 32 bytes of hexadecimal. */
const linksOf = (hashes: Hashes, draw: DrawDocument, leaves: readonly string[]): readonly string[] | null => {
  const commitment = hashOf(draw.commitment);
  if (commitment === null) return null;
  let head = firstHead(hashes, draw.eventId, commitment);
  const links = [toHex(head)];
  for (const [position, hex] of leaves.entries()) {
    const leaf = hashOf(hex);
    if (leaf === null) return null;
    head = nextHead(hashes, head, position + 1, leaf);
    links.push(toHex(head));
  }
  return links;
};

const chainKept = (draw: DrawDocument, leaves: number, links: readonly string[] | null): DrawCheck => {
  const name = 'the chain of all entries ends in the published head';
  if (links === null) return check(name, false, 'the chain is not made of hashes');
  if (leaves !== draw.entrants) return check(name, false, `${leaves} entries, ${draw.entrants} were said`);
  return check(name, links.at(-1) === draw.head, `${leaves} entries end in ${links.at(-1)}`);
};

const receiptKept = (
  hashes: Hashes,
  draw: DrawDocument,
  receipt: KeptReceipt,
  links: readonly string[] | null,
  leaves: readonly string[] | null,
): readonly DrawCheck[] => {
  const { index, fanId, leaf, head, commitment, entropy } = receipt;
  const { eventId } = draw;
  const mine = entropy === undefined ? null : toHex(leafOf(hashes, { eventId, fanId, entropy }));
  const told = 'the commitment is the one told at joining';
  const entered = 'what the fan sent went into the leaf';
  const inChain = 'the receipt is in the chain';
  return [
    check(told, commitment === draw.commitment, `told ${commitment}`),
    mine === null
      ? check(entered, null, 'the receipt has no `entropy`')
      : check(entered, mine === leaf, `the leaf of that entropy is ${mine}`),
    links === null || leaves === null
      ? check(inChain, null, 'the entries are not given')
      : check(
          inChain,
          leaves[index - 1] === leaf && links[index] === head,
          `entry ${index} is ${leaves[index - 1] ?? 'missing'}, its link ${links[index] ?? 'missing'}`,
        ),
  ];
};

/** Index → turn by this document alone. Null: not drawn, or the document is not whole. */
export const turnsOf = (hashes: Hashes, draw: DrawDocument): ((index: PlaceNumber) => PlaceNumber) | null => {
  const [secret, head] = [hashOf(draw.secret), hashOf(draw.head)];
  if (secret === null || head === null || draw.version !== DRAW_VERSION) return null;
  if (draw.beacon !== null && draw.beacon.value === null) return null;
  const { entrants } = draw;
  const key = drawKeyOf(hashes, { secret, head, entrants, beacon: draw.beacon?.value ?? null });
  return createPermutation(hashes, key, entrants);
};

/** Everything that can be checked with what is given: the published draw, all its entries, one fan's receipt. */
export const checkDraw = (
  hashes: Hashes,
  draw: DrawDocument,
  given: { readonly leaves?: readonly string[] | undefined; readonly receipt?: KeptReceipt | undefined },
): readonly DrawCheck[] => {
  const leaves = given.leaves ?? null;
  const links = leaves === null ? null : linksOf(hashes, draw, leaves);
  return [
    check('the version is one that is known here', draw.version === DRAW_VERSION, draw.version),
    commitmentKept(hashes, draw),
    leaves === null
      ? check('the chain of all entries ends in the published head', null, 'the entries are not given')
      : chainKept(draw, leaves.length, links),
    ...(given.receipt === undefined ? [] : receiptKept(hashes, draw, given.receipt, links, leaves)),
  ];
};
