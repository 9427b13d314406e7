import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../shared/api.ts';
import type { EventDocument, Order } from '../../shared/documents.ts';
import { announce } from '../announcer.tsx';
import { money, sayProblem, saySeat, time } from '../say.ts';
import { NotFound } from '../screens/not-found.tsx';
import { serverNowMs } from '../state/clock.ts';
import { t } from '../texts.ts';
import { Clock, Heading, Note } from '../ui.tsx';
import { checkoutAddress, returnOf, type Return } from './checkout.ts';
import { GiveBack } from './give-back.tsx';
import { faceOf } from './order-face.ts';
import { watchOrder, type OrderWatch } from './order-watch.ts';
import { Tickets } from './tickets.tsx';
import './orders.css';

interface OrderProps {
  readonly order: Order;
  readonly event: EventDocument | null;
  readonly watch: OrderWatch;
}

const namesOf = (event: EventDocument | null): ReadonlyMap<string, string> =>
  new Map((event?.sections ?? []).map(({ sectionId, name }) => [sectionId, name]));

const Cancel = ({ watch }: { readonly watch: OrderWatch }) => {
  const [asking, ask] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const cancel = async (): Promise<void> => {
    setBusy(true);
    setProblem(await watch.cancel());
    setBusy(false);
  };
  if (problem !== null)
    return (
      <p role="alert" class="small">
        {problem.code === 'order_not_cancellable' ? t('cancelTooLate') : sayProblem(problem)}
      </p>
    );
  if (!asking)
    return (
      <button type="button" class="button plain self-start" onClick={() => ask(true)}>
        {t('cancelOrder')}
      </button>
    );
  return (
    <div class="row" role="group" aria-label={t('cancelOrder')}>
      <p class="strong">{t('cancelSure')}</p>
      <button type="button" class="button small" disabled={busy} onClick={() => void cancel()}>
        {t('cancelYes')}
      </button>
      <button type="button" class="button small" disabled={busy} onClick={() => ask(false)}>
        {t('cancelNo')}
      </button>
    </div>
  );
};

const Summary = ({ order, event }: OrderProps) => (
  <dl class="summary">
    {order.seats.map((seatId) => (
      <div key={seatId}>
        <dt>{saySeat(seatId, namesOf(event))}</dt>
      </div>
    ))}
    <div class="summary-total">
      <dt>{t('total')}</dt>
      <dd class="price">{money(order.amountMinor, order.currency)}</dd>
    </div>
  </dl>
);

const Awaiting = ({ order, watch, failed }: OrderProps & { readonly failed: boolean }) => (
  <div class="stack">
    {order.checkoutUrl === null ? null : (
      <div class="row">
        <a class="button primary big" href={checkoutAddress(order.checkoutUrl, order.orderId)}>
          {t(failed ? 'secondTry' : 'toPayment')}
        </a>
        <p>
          <span class="quiet small">{t('payBefore')}</span> <Clock until={order.payBy} />
        </p>
      </div>
    )}
    <Cancel watch={watch} />
  </div>
);

const Ended = ({ order }: { readonly order: Order }) => (
  <p class="row">
    <a class="button primary" href={`/e/${order.eventId}`}>
      {t('toEvent')}
    </a>
    <a class="button" href="/orders">
      {t('myOrders')}
    </a>
  </p>
);

const OrderBody = (props: OrderProps & { readonly came: Return }) => {
  const { order, event, came } = props;
  const face = faceOf(order, came, serverNowMs());
  useEffect(() => announce(t(face.title), 0), [face.title]);
  return (
    <article class={`stack loose ${order.status === 'confirmed' ? '' : 'narrow'}`}>
      <header class="stack">
        <p class="kicker">{event?.name ?? t('orderTitle')}</p>
        <Heading key={face.title} tab={t(face.title)}>
          {t(face.title)}
        </Heading>
        <p class="lead">
          {face.until === null ? t(face.plainText) : t(face.untilText, { when: time(face.until) })}
        </p>
      </header>
      {face.busy ? <div class="working" role="presentation" /> : null}
      {order.ending === 'reseated' ? (
        <Note tone="care">
          <p>{t('reseatedNote')}</p>
        </Note>
      ) : null}
      {order.tickets.length > 0 ? <Tickets order={order} event={event} /> : <Summary {...props} />}
      {order.status === 'awaiting_payment' ? <Awaiting {...props} failed={came.status === 'failed'} /> : null}
      <GiveBack order={order} event={event} watch={props.watch} />
      {face.ended ? <Ended order={order} /> : null}
    </article>
  );
};

/** An order from its first second to its tickets, and every other way in which it may end. */
export const OrderScreen = ({ orderId }: { readonly orderId: string }) => {
  const [watch, setWatch] = useState<OrderWatch | null>(null);
  const [came] = useState(() => returnOf(location.search));
  useEffect(() => {
    const opened = watchOrder(orderId);
    setWatch(opened);
    return () => opened.close();
  }, []);
  const order = watch?.order.value ?? null;
  if (watch !== null && order !== null)
    return <OrderBody order={order} event={watch.event.value} watch={watch} came={came} />;
  if (watch?.problem.value?.code === 'not_found') return <NotFound />;
  return <p role="status">{t(watch?.problem.value ? 'networkGone' : 'loading')}</p>;
};
