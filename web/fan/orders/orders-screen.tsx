import { useSignal } from '@preact/signals';
import { go } from '../router.tsx';
import { dateTime } from '../say.ts';
import { orders } from '../state/basket.ts';
import { t } from '../texts.ts';
import { Heading } from '../ui.tsx';
import './orders.css';

const NUMBER = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

const LookUp = () => {
  const wrong = useSignal(false);
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get('order');
    const found = typeof given === 'string' ? NUMBER.exec(given)?.[0] : undefined;
    wrong.value = found === undefined;
    if (found !== undefined) go(`/orders/${found.toLowerCase()}`);
  };
  return (
    <form class="card stack" onSubmit={onSubmit} noValidate>
      <h2>{t('lookUp')}</h2>
      <div class="field">
        <label for="order">{t('orderNumber')}</label>
        <input
          id="order"
          name="order"
          autocomplete="off"
          spellcheck={false}
          aria-describedby="order-hint"
          aria-invalid={wrong.value}
        />
        <p class="hint" id="order-hint" role={wrong.value ? 'alert' : undefined}>
          {wrong.value ? `${t('notFound')}. ` : ''}
          {t('lookUpText')}
        </p>
      </div>
      <button type="submit" class="button self-start">
        {t('find')}
      </button>
    </form>
  );
};

/** What was bought in this browser, and the way to what was not. */
export const OrdersScreen = () => (
  <section class="stack loose narrow">
    <Heading>{t('ordersTitle')}</Heading>
    {orders.value.length === 0 ? (
      <p>{t('noOrders')}</p>
    ) : (
      <ul class="stack">
        {orders.value.map(({ orderId, eventName, at }) => (
          <li class="entry" key={orderId}>
            <a class="stub" href={`/orders/${orderId}`}>
              <span class="stub-main">
                <span class="stub-name">{eventName}</span>
                <span class="quiet small">{dateTime(at)}</span>
              </span>
              <span class="stub-price small">{orderId.slice(0, 8)}</span>
            </a>
          </li>
        ))}
      </ul>
    )}
    <LookUp />
  </section>
);
