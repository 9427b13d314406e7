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
  const sum = (pick: (one: SectionCounts) => number): number =>
    counts.reduce((all, one) => all + pick(one), 0);
  const seatsLeft = sum((one) => one.free + one.held + one.paying);
  const sellout = selloutOf({
    seats: seatsLeft + sum((one) => one.sold),
    seatsLeft,
    serving: line.serving,
    admitted: line.admitted,
    inside: line.inside + line.called,
    seatsPerFan: event.limits.seatsPerFan,
  });
  return { ...told, tiers, sellout };
};
