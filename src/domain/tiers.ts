import type { SectionDefinition } from './event.ts';
import type { SectionCounts } from './ports/event-store.ts';

/** A price, and what is left at it. */
export interface Tier {
  readonly priceMinor: number;
  readonly seats: number;
  /** Free seats, at most a second old. */
  readonly left: number;
}

/** The sections of one price as one line, the cheapest first: what somebody who waits wants to know of a house. */
export const tiersOf = (
  sections: readonly SectionDefinition[],
  counts: readonly SectionCounts[],
): readonly Tier[] => {
  const byId = new Map(counts.map((one) => [one.sectionId, one]));
  const tiers = new Map<number, Tier>();
  for (const { id, priceMinor } of sections) {
    const count = byId.get(id);
    if (count === undefined) continue;
    const { seats, left } = tiers.get(priceMinor) ?? { seats: 0, left: 0 };
    const all = count.free + count.held + count.paying + count.sold;
    tiers.set(priceMinor, { priceMinor, seats: seats + all, left: left + count.free });
  }
  return [...tiers.values()].sort((a, b) => a.priceMinor - b.priceMinor);
};
