import type { Frame } from '../frame.ts';
import type { DrawReceipt } from './draw-book.ts';

/** What a fan who has a place is told of it. */
export interface Joined {
  /** False: the fan had this place before. */
  readonly created: boolean;
  /** The signed place, to be sent as `Catraca-Place`. */
  readonly place: string;
  /** By position within the lane. */
  readonly number: number;
  /** Null: the event has no lanes, or the place is called already by a bypass. */
  readonly lane: string | null;
  readonly recoveryCode: string;
  /** The fan's part in the draw; null: joined after the opening. */
  readonly receipt: DrawReceipt | null;
  readonly frame: Frame;
}
