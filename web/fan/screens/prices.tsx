import type { EventDocument } from '../../shared/documents.ts';
import { money } from '../say.ts';
import { t } from '../texts.ts';

interface Tier {
  readonly priceMinor: number;
  readonly names: readonly string[];
  readonly left: number;
  readonly seats: number;
}

/** Sections of one price are one line: dearest first. */
export const tiersOf = (event: EventDocument): readonly Tier[] => {
  const tiers = new Map<number, Tier>();
  for (const { name, priceMinor, left, seats } of event.sections) {
    const known = tiers.get(priceMinor);
    tiers.set(priceMinor, {
      priceMinor,
      names: [...(known?.names ?? []), name],
      left: (known?.left ?? 0) + left,
      seats: (known?.seats ?? 0) + seats,
    });
  }
  return [...tiers.values()].sort((a, b) => b.priceMinor - a.priceMinor);
};

const NAMED = 3;

const namesOf = (names: readonly string[]): string =>
  names.length <= NAMED ? names.join(', ') : `${names[0]} – ${names.at(-1)}`;

/** What there is at which price, and how much of it is left. */
export const Prices = ({ event }: { readonly event: EventDocument }) => (
  <section class="stack" aria-labelledby="prices">
    <h2 id="prices">{t('pricesTitle')}</h2>
    <ul class="prices">
      {tiersOf(event).map(({ priceMinor, names, left, seats }) => (
        <li key={priceMinor}>
          <span class="price">{money(priceMinor, event.currency)}</span>
          <span class="quiet">{namesOf(names)}</span>
          <span class={left === 0 ? 'quiet' : ''}>{left === 0 ? t('gone') : t('left', { count: left })}</span>
          <meter min={0} max={seats} value={left} aria-hidden="true" />
        </li>
      ))}
    </ul>
    <p class="quiet small">{t('perFan', { count: event.limits.seatsPerFan })}</p>
  </section>
);
