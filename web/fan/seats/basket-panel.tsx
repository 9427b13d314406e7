import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../shared/api.ts';
import { announce } from '../announcer.tsx';
import { checkoutAddress } from '../orders/checkout.ts';
import { go } from '../router.tsx';
import { money, saySeat } from '../say.ts';
import type { Basket } from '../state/basket.ts';
import { now } from '../state/clock.ts';
import { t } from '../texts.ts';
import { Clock, Note, ProblemNote } from '../ui.tsx';

const problem = signal<Problem | null>(null);

interface PanelProps {
  readonly basket: Basket;
  readonly names: ReadonlyMap<string, string>;
}

/** The last minutes are told, each once. */
const useMinutes = (endsAt: string | null): void => {
  const minutes = endsAt === null ? null : Math.ceil((Date.parse(endsAt) - now.value) / 60_000);
  useEffect(() => {
    if (minutes !== null && minutes > 0 && minutes <= 3) announce(t('secondsLeft', { count: minutes }), 0);
  }, [minutes]);
};

const pay = async (basket: Basket): Promise<void> => {
  const answer = await basket.order();
  if (!('orderId' in answer)) {
    problem.value = answer;
    return;
  }
  problem.value = null;
  // The order has an address of its own before anybody leaves for the bank: there they come back to it.
  go(`/orders/${answer.orderId}`);
  if (answer.checkoutUrl !== null) location.assign(checkoutAddress(answer.checkoutUrl, answer.orderId));
};

/** What is held, for how long, and the way to pay it. */
export const BasketPanel = ({ basket, names }: PanelProps) => {
  const [busy, setBusy] = useState(false);
  const holds = basket.holds.value;
  const endsAt = basket.endsAt.value;
  useMinutes(endsAt);
  if (holds.length === 0 || endsAt === null) return null;
  const total = holds.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const currency = holds[0]?.currency ?? '';
  const extendable = holds.some(({ extended }) => !extended);
  const during = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    await work();
    setBusy(false);
  };
  return (
    <section class="card basket stack" aria-labelledby="basket">
      <header class="row apart">
        <h2 id="basket">{t('basketTitle')}</h2>
        <Clock until={endsAt} />
      </header>
      <p class="quiet small">{t('basketText')}</p>
      <ul class="basket-lines">
        {holds.map((hold) => {
          const seats = hold.seats.map((seatId) => saySeat(seatId, names));
          return (
            <li key={hold.holdId}>
              <span>
                {seats.map((seat) => (
                  <span class="basket-seat" key={seat}>
                    {seat}
                  </span>
                ))}
              </span>
              <span class="price">{money(hold.amountMinor, currency)}</span>
              <button
                type="button"
                class="button plain small"
                aria-label={t('remove', { seat: seats.join('; ') })}
                disabled={busy}
                onClick={() => void during(() => basket.release(hold))}
              >
                {t('removeShort')}
              </button>
            </li>
          );
        })}
      </ul>
      <p class="row apart total">
        <span>{t('total')}</span>
        <span class="price">{money(total, currency)}</span>
      </p>
      <ProblemNote problem={problem.value} />
      <div class="stack tight">
        <button
          type="button"
          class="button primary big"
          disabled={busy}
          onClick={() => void during(() => pay(basket))}
        >
          {busy ? t('paying') : t('pay', { price: money(total, currency) })}
        </button>
        {extendable ? (
          <button
            type="button"
            class="button"
            disabled={busy}
            onClick={() =>
              void during(async () => {
                problem.value = await basket.extend();
              })
            }
          >
            {t('extend')}
          </button>
        ) : (
          <p class="quiet small">{t('extended')}</p>
        )}
      </div>
    </section>
  );
};

/** Said once, on a screen of its own kind: nobody should wonder where their seats went. */
export const LostHolds = ({ basket }: { readonly basket: Basket }) =>
  basket.lost.value.length === 0 ? null : (
    <Note tone="bad" alert>
      <h2>{t('lostTitle')}</h2>
      <p>{t('lostText')}</p>
      <p>
        <button type="button" class="button small" onClick={() => basket.forgetLost()}>
          {t('lostAgain')}
        </button>
      </p>
    </Note>
  );
