import type { Frame } from '../domain/frame.ts';
import type { Standing } from '../domain/ports/services.ts';

export interface EtaInput {
  /** People in front who have not been called. */
  readonly ahead: number;
  readonly frame: Pick<Frame, 'reason' | 'ratePerMinute'>;
  /** The operator's ceiling: all there is to go by before the opening. */
  readonly ceilingPerMinute: number;
  readonly opensInMs: number;
  /** Measured; null: too early to say. */
  readonly recentPerMinute: number | null;
}

const between = (p50Seconds: number, spread: number): Standing['eta'] => ({
  p50Seconds: Math.ceil(p50Seconds),
  p90Seconds: Math.ceil(p50Seconds * spread) + 1,
});

/**
 * When a waiting place will be called: people in front over the rate. Null when nothing can honestly be said: nobody is
 * being called, or so few that the past minute shows none. Where the number of people inside is what binds, the
 * operator's rate would be a promise the line does not keep, and the measured pace stands in for it.
 */
export const etaOf = (input: EtaInput): Standing['eta'] => {
  const { ahead, frame, recentPerMinute } = input;
  const seconds = (ratePerMinute: number): number => ((ahead + 1) * 60) / ratePerMinute;
  switch (frame.reason) {
    case 'rate':
    case 'section_closed':
    case 'nobody_waiting':
      return frame.ratePerMinute > 0 ? between(seconds(frame.ratePerMinute), 1.25) : null;
    case 'inside': {
      const rate = Math.min(frame.ratePerMinute, recentPerMinute ?? 0);
      return rate > 0 ? between(seconds(rate), 2) : null;
    }
    case 'pending':
      return input.ceilingPerMinute > 0
        ? between(input.opensInMs / 1_000 + seconds(input.ceilingPerMinute), 1.5)
        : null;
    default:
      return null;
  }
};
