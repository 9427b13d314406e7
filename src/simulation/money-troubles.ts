import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import type { Fleet } from './fleet.ts';
import type { GatewaySite } from './gateway-site.ts';
import type { MemoryOfFans } from './memory-of-fans.ts';
import { decideReviews } from './operator.ts';
import { OUTSIDE, type World } from './world.ts';

export interface MoneyTroubleParts {
  readonly world: World;
  readonly faults: Faults;
  readonly chance: Chance;
  readonly site: GatewaySite;
  readonly fleet: Fleet;
  readonly memory: MemoryOfFans;
  readonly isClosing: () => boolean;
}

/** Few orders are paid in one run, and each trouble needs one. */
const TROUBLED_SHARE = 0.4;
const TROUBLE_EVERY_MS = { from: 200, to: 5_000 };
const LOOK_EVERY_MS = { from: 1_000, to: 12_000 };

/**
 * In some seeds, money that no rule may decide about: the gateway refuses a capture or a refund, or somebody returns a payment at its
 * own pages. Meanwhile a person works through the reviews, on whichever node answers.
 */
export const startMoneyTroubles = (parts: MoneyTroubleParts): void => {
  const { world, faults, chance, site, isClosing } = parts;
  if (!chance.happens(TROUBLED_SHARE)) return;
  const every = (span: { readonly from: number; readonly to: number }, act: () => void): void =>
    void world.plan(OUTSIDE, chance.between(span.from, span.to), 'timer', () => {
      if (isClosing()) return;
      act();
      every(span, act);
    });
  const happens = (what: string): void => {
    faults.count(what);
    world.note(what);
  };
  every(TROUBLE_EVERY_MS, () => {
    const trouble = chance.pick(['capture', 'refund', 'returned'] as const);
    if (trouble !== 'returned') {
      if (site.refuses(trouble)) happens(`gateway refuses a ${trouble}`);
      return;
    }
    if (site.returnElsewhere()) happens('money returned at the gateway');
  });
  every(LOOK_EVERY_MS, () => void decideReviews(parts, chance));
};
