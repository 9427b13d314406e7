import type { EventId, FanId } from '../ids.ts';
import type { Refusal } from '../refusal.ts';
import type { PlaceRecord } from './line.ts';

/** The draw of one event as it stands. Hashes are lower-case hexadecimal. */
export interface DrawRecord {
  readonly eventId: EventId;
  /** SHA-256 of the secret: fixed before anybody could join. */
  readonly commitment: string;
  readonly opensAtMs: number;
  /** Indices given out: 1 to this, without holes. */
  readonly entrants: number;
  /** The chain's last link. */
  readonly head: string;
  /** The public randomness that goes into the key; null: none. `value` is null until it is known. */
  readonly beacon: { readonly source: string; readonly value: string | null } | null;
  /** Nobody enters from here on; null: the draw is open. By Postgres' clock. */
  readonly sealedAtMs: number | null;
  /** An operator opened the sale before its time. */
  readonly openedByHand: boolean;
  /** Known to nobody before the order is fixed: null until sealed and, where a beacon is waited for, until that is known. */
  readonly secret: string | null;
}

/** A lane behind the first has a draw of its own (docs/LANES.md): named by an id of its own wherever a draw is named by its event. */
export interface LaneDraw {
  readonly drawId: string;
  readonly eventId: EventId;
  readonly lane: number;
}

/** The entries and the secret of each draw, in Postgres: no node that dies and no Redis that forgets loses any of it. */
export interface DrawBook {
  /**
   * Fixes the secret when asked for the first time; from then on returns the draw as it stands. A line that has places
   * already, or whose time has come, is sealed at once without entrants: it goes by the order of arrival.
   */
  open(event: {
    readonly eventId: EventId;
    readonly opensAtMs: number;
    readonly beaconSource: string | null;
  }): Promise<DrawRecord>;
  /** Rejects if it was never opened. */
  find(eventId: EventId): Promise<DrawRecord>;
  /**
   * The fan's place, or a new one with the next index and the chain's next link; all or nothing, in one order for all nodes.
   * Null: the draw is sealed and the fan has no place. Seals it if it is time. Not opened: rejects.
   */
  enter(
    draw: LaneDraw,
    fanId: FanId,
    leaf: Uint8Array,
  ): Promise<(PlaceRecord & { readonly created: boolean }) | null>;
  /** The opening was moved: nothing changes if the draw is sealed, or was moved by another already. */
  reschedule(eventId: EventId, fromMs: number, toMs: number): Promise<DrawRecord>;
  /** Ends the entering if it is time by Postgres' clock, or `byHand`, and returns the draw as it stands then. */
  seal(eventId: EventId, byHand: boolean): Promise<DrawRecord>;
  /** Sets what the beacon said, once and only after the sealing. False: it is not waited for, or said otherwise before. */
  setBeacon(eventId: EventId, value: string): Promise<boolean>;
  /** What each entry added, from this index on, at most `limit`. Empty before the sealing. */
  leaves(draw: LaneDraw, from: number, limit: number): Promise<readonly string[]>;
}

/** With the published draw it proves the fan's turn. Hashes are lower-case hexadecimal. */
export interface DrawReceipt {
  /** The number at joining: the position in the chain. */
  readonly index: number;
  /** Who joined, as it went into the leaf. */
  readonly fanId: FanId;
  readonly leaf: string;
  /** The link that this entry made. */
  readonly head: string;
  readonly commitment: string;
}

/** What the waiting room offers of its draws to the edge. */
export interface DrawService {
  /** Of the first lane, or of this one; from this node's memory, at most a tick and a second old. Null: no such event or lane. */
  draw(eventId: EventId, laneId?: string): Promise<DrawRecord | null>;
  /** What the public randomness of the draw turned out to be: once, after the sealing. The same again changes nothing. */
  setBeacon(eventId: EventId, value: string): Promise<DrawRecord | Refusal>;
  /** What entered the chain, from this index on; refused before the sealing. */
  drawLeaves(
    eventId: EventId,
    from: number,
    limit: number,
    laneId?: string,
  ): Promise<{ readonly leaves: readonly string[]; readonly entrants: number } | Refusal>;
}
