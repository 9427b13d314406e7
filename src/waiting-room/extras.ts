import type { SaleEvent } from '../domain/event.ts';
import type { FrameExtras } from '../domain/frame.ts';
import { selloutOf } from '../domain/outlook.ts';
import type { SectionCounts } from '../domain/ports/event-store.ts';
import type { LineCounters } from '../domain/ports/line.ts';
import { tiersOf, type Tier } from '../domain/tiers.ts';

/** Made once for each look at the seats, however many frames carry them. */
const tiersMade = new WeakMap<readonly SectionCounts[], readonly Tier[]>();

const tiersAt = (event: SaleEvent, counts: readonly SectionCounts[]): readonly Tier[] => {
  const known = tiersMade.get(counts);
  if (known !== undefined) return known;
  const tiers = tiersOf(event.sections, counts);
  tiersMade.set(counts, tiers);
  return tiers;
};

/** Seats in all, and those that may still be sold: a held one may come back. */
export const stockOf = (
  counts: readonly SectionCounts[],
): { readonly left: number; readonly seats: number } => {
  const left = counts.reduce((sum, one) => sum + one.free + one.held + one.paying, 0);
  return { left, seats: left + counts.reduce((sum, one) => sum + one.sold, 0) };
};

/** What a frame tells beside the line, from what this node has in memory. */
export const extrasOf = (
  event: SaleEvent,
  line: LineCounters | null,
  counts: readonly SectionCounts[] | null,
): FrameExtras => {
  const { message } = event;
  const told: FrameExtras = {
    message:
      message === null || message === undefined
        ? null
        : { text: message.text, at: new Date(message.atMs).toISOString() },
  };
  if (counts === null || counts.length === 0) return told;
  const tiers = tiersAt(event, counts);
  if (line === null) return { ...told, tiers };
  const { left, seats } = stockOf(counts);
  const sellout = selloutOf({
    seats,
    seatsLeft: left,
    serving: line.serving,
    admitted: line.admitted,
    inside: line.inside + line.called,
    seatsPerFan: event.limits.seatsPerFan,
  });
  return { ...told, tiers, sellout };
};
