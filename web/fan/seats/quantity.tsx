import { useState } from 'preact/hooks';
import { t } from '../texts.ts';

interface QuantityProps {
  readonly title: string;
  readonly hint: string | null;
  readonly max: number;
  readonly busy: boolean;
  readonly onTake: (quantity: number) => void;
}

/** How many seats; which ones is left to the section. */
export const Quantity = ({ title, hint, max, busy, onTake }: QuantityProps) => {
  const [wanted, want] = useState(Math.min(2, max));
  const quantity = Math.max(1, Math.min(wanted, max));
  return (
    <section class="quantity" aria-label={title}>
      <p class="strong">{title}</p>
      {hint === null ? null : <p class="quiet small">{hint}</p>}
      <div class="row">
        <div class="stepper">
          <button
            type="button"
            aria-label={t('fewer')}
            disabled={quantity <= 1}
            onClick={() => want(quantity - 1)}
          >
            −
          </button>
          <output aria-live="polite">{quantity}</output>
          <button
            type="button"
            aria-label={t('more')}
            disabled={quantity >= max}
            onClick={() => want(quantity + 1)}
          >
            +
          </button>
        </div>
        <button type="button" class="button primary" disabled={busy} onClick={() => onTake(quantity)}>
          {t('holdBest', { count: quantity })}
        </button>
      </div>
    </section>
  );
};
