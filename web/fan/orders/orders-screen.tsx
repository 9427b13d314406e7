import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { later } from '../later/texts.ts';
import { go } from '../router.tsx';
import { dateTime, money } from '../say.ts';
import { t } from '../texts.ts';
import { Heading } from '../ui.tsx';
import { loadOrders, myOrders, type ListedOrder } from './my-orders.ts';
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

const STATUS = {
  awaiting_payment: 'statusAwaiting',
  confirming: 'statusAwaiting',
  confirmed: 'statusConfirmed',
  failed: 'statusFailed',
  expired: 'statusFailed',
  rejected: 'statusRejected',
  refunded: 'statusRefunded',
} as const;

const Entry = ({ order }: { readonly order: ListedOrder }) => {
  const { orderId, eventName, at, summary } = order;
  return (
    <li class="entry">
      <a class="stub" href={`/orders/${orderId}`}>
        <span class="stub-main">
          <span class="stub-name">{eventName}</span>
          <span class="quiet small">{dateTime(at)}</span>
          {summary === null ? null : (
            <span class="small">
              {t('seats', { count: summary.seats.length })} · {later(STATUS[summary.status])}
            </span>
          )}
        </span>
        <span class="stub-price small">
          {summary === null ? orderId.slice(0, 8) : money(summary.amountMinor, summary.currency)}
        </span>
      </a>
    </li>
  );
};

/** What this fan has ordered, and the way to what somebody else knows the number of. */
export const OrdersScreen = () => {
  useEffect(() => void loadOrders(), []);
  return (
    <section class="stack loose narrow">
      <Heading>{t('ordersTitle')}</Heading>
      {myOrders.value.length === 0 ? (
        <p>{t('noOrders')}</p>
      ) : (
        <ul class="stack">
          {myOrders.value.map((order) => (
            <Entry key={order.orderId} order={order} />
          ))}
        </ul>
      )}
      <LookUp />
    </section>
  );
};
