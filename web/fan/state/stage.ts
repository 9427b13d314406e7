import type { EventDocument, Frame } from '../../shared/documents.ts';

export interface Place {
  readonly place: string;
  readonly number: number;
  /** The lane that the number counts within; null or absent: one line for all. */
  readonly lane?: string | null;
  readonly recoveryCode: string;
  /** Another device has it by now. */
  readonly gone?: boolean;
}

export interface Standing {
  readonly state: 'waiting' | 'called' | 'admitted' | 'left' | 'expired';
  readonly number: number;
  readonly lane?: string | null;
  readonly ahead: number;
  readonly eta: {
    readonly p10Seconds: number;
    readonly p50Seconds: number;
    readonly p90Seconds: number;
  } | null;
  readonly outlook: { readonly code: 'likely' | 'uncertain' | 'standby' } | null;
}

export interface Pass {
  readonly pass: string;
  readonly expiresAt: string;
}

export interface Known {
  /** Null: not read yet. */
  readonly event: EventDocument | null;
  readonly frame: Frame | null;
  readonly place: Place | null;
  readonly standing: Standing | null;
  readonly pass: Pass | null;
  /** When the last of what is held ends; null: nothing is held. */
  readonly heldUntil: string | null;
  readonly nowMs: number;
}

/**
 * What a fan sees of an event:
 *
 * - `soon`     before the opening, not in the line yet
 * - `door`     on sale, not in the line yet
 * - `waiting`  in the line
 * - `called`   may come in, and is about to
 * - `inside`   choosing seats
 * - `elsewhere` another device has the place
 * - `over`     was inside; the time is up
 * - `sold_out`, `closed`
 */
export type Stage =
  | 'loading'
  | 'soon'
  | 'door'
  | 'waiting'
  | 'called'
  | 'elsewhere'
  | 'inside'
  | 'over'
  | 'sold_out'
  | 'closed';

export const seatsLeft = (event: EventDocument): number =>
  event.sections.reduce((sum, { left }) => sum + left, 0);

const phaseOf = ({ event, frame, nowMs }: Known): EventDocument['phase'] => {
  const phase = frame?.phase ?? event?.phase ?? 'pending';
  // The moment of opening is known: nobody has to wait for a document that says so.
  const opensAt = Date.parse(event?.opensAt ?? '');
  return phase === 'pending' && nowMs >= opensAt ? 'open' : phase;
};

/** How far the lane of this fan is: numbers count within it. */
export const servingFor = (frame: Frame, place: Place | null, standing: Standing | null): number => {
  const mine = standing?.lane ?? place?.lane ?? null;
  return (frame.lanes?.find(({ id }) => id === mine) ?? frame).serving;
};

/** People in front who have not been called; null: not known. */
export const aheadOf = ({ frame, place, standing }: Known): number | null => {
  if (frame === null || place === null) return null;
  // Until the draw nobody has a place: what the server says of the crowd is all there is.
  if (!frame.drawn) return standing?.ahead ?? null;
  return Math.max(0, (standing?.number ?? place.number) - servingFor(frame, place, standing) - 1);
};

const isCalled = ({ frame, place, standing }: Known): boolean =>
  frame !== null &&
  place !== null &&
  frame.drawn &&
  frame.phase !== 'pending' &&
  (standing?.state === 'called' || servingFor(frame, place, standing) >= (standing?.number ?? place.number));

export const stageOf = (known: Known): Stage => {
  const { event, place, pass, heldUntil, standing, nowMs } = known;
  if (event === null) return 'loading';
  if (place?.gone === true) return 'elsewhere';
  if (pass !== null && Date.parse(pass.expiresAt) > nowMs) return 'inside';
  // Who holds seats when the pass ends may still pay for them.
  if (heldUntil !== null && Date.parse(heldUntil) > nowMs) return 'inside';
  const phase = phaseOf(known);
  if (phase === 'closed') return 'closed';
  if (pass !== null || standing?.state === 'expired' || standing?.state === 'left') return 'over';
  if (seatsLeft(event) === 0 && phase !== 'pending') return 'sold_out';
  if (place === null) return phase === 'pending' ? 'soon' : 'door';
  return isCalled(known) ? 'called' : 'waiting';
};
