import type { Frame } from '../frame.ts';
import type { DrawReceipt } from './draw-book.ts';

/** What a fan who has a place is told of it. */
export interface Joined {
  /** False: the fan had this place before. */
  readonly created: boolean;
  /** The signed place, to be sent as `Catraca-Place`. */
  readonly place: string;
  readonly number: number;
  readonly recoveryCode: string;
  /** The fan's part in the draw; null: joined after the opening. */
  readonly receipt: DrawReceipt | null;
  readonly frame: Frame;
}
