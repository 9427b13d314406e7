/** A code as it goes from hand to hand; `laneId` null: it leads past the line. */
export interface KnownCode {
  readonly text: string;
  readonly laneId: string | null;
}

/** In the form of a code, and nobody made it. */
export const MADE_UP_CODE = 'NOB0-DYMA-DETH';
