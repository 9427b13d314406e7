import { checkDraw, turnsOf, type DrawCheck } from '../../../src/domain/draw-proof.ts';
import type { DrawBundle } from './bundle.ts';
import { browserHashes } from './hashes.ts';

export interface Verification {
  readonly checks: readonly DrawCheck[];
  /** Index and turn of each that was asked for; empty while nothing is drawn. */
  readonly places: readonly { readonly index: number; readonly turn: number }[];
}

/** Everything that `catraca verify-draw` checks, by the same rules. Indices that nobody has are left out. */
export const verify = (bundle: DrawBundle, indices: readonly number[]): Verification => {
  const turnOf = turnsOf(browserHashes, bundle.draw);
  const asked = [...new Set(indices)].filter(
    (index) => Number.isSafeInteger(index) && index >= 1 && index <= bundle.draw.entrants,
  );
  return {
    checks: checkDraw(browserHashes, bundle.draw, bundle),
    places: turnOf === null ? [] : asked.map((index) => ({ index, turn: turnOf(index) })),
  };
};
