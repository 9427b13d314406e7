import { useState } from 'preact/hooks';
import type { Problem } from '../../shared/api.ts';
import type { EventDocument, Order } from '../../shared/documents.ts';
import { later } from '../later/texts.ts';
import { dateTime, sayProblem } from '../say.ts';
import { serverNowMs } from '../state/clock.ts';
import type { OrderWatch } from './order-watch.ts';

interface GiveBackProps {
  readonly order: Order;
  readonly event: EventDocument | null;
  readonly watch: OrderWatch;
}

/** Gives the whole order back, while the event allows it. Asked for twice it happens once. */
export const GiveBack = ({ order, event, watch }: GiveBackProps) => {
  const [asking, ask] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const until = event?.refundsUntil;
  if (order.status !== 'confirmed' || until === undefined || Date.parse(until) <= serverNowMs()) return null;
  const giveBack = async (): Promise<void> => {
    setBusy(true);
    setProblem(await watch.giveBack());
    setBusy(false);
  };
  return (
    <section class="stack tight no-print" aria-labelledby="give-back">
      <h2 id="give-back">{later('giveBackTitle')}</h2>
      <p>{later('giveBackUntil', { when: dateTime(until) })}</p>
      {problem === null ? null : (
        <p role="alert" class="strong">
          {problem.code === 'order_not_refundable' ? later('giveBackTooLate') : sayProblem(problem)}
        </p>
      )}
      {asking ? (
        <div class="row" role="group" aria-label={later('giveBackTitle')}>
          <p class="strong">{later('giveBackSure')}</p>
          <button type="button" class="button small" disabled={busy} onClick={() => void giveBack()}>
            {later('giveBackYes')}
          </button>
          <button type="button" class="button small" disabled={busy} onClick={() => ask(false)}>
            {later('giveBackNo')}
          </button>
        </div>
      ) : (
        <button type="button" class="button self-start" onClick={() => ask(true)}>
          {later('giveBack')}
        </button>
      )}
    </section>
  );
};
