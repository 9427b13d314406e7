import type { Intent } from '../domain/ports/payment-gateway.ts';
import type { SaleRecords } from '../domain/sale-records.ts';
import type { ClientHistory } from './history.ts';
import { judge, notChecked, type Verdict } from './verdict.ts';

/**
 * P2 by what fans were told: whoever gave an order back has all of the money and no ticket; of whoever was refused that, it was not
 * taken back (a person may have returned its money for another reason).
 */
export const givenBackForMoney = (
  records: SaleRecords,
  intents: readonly Intent[] | null,
  history: ClientHistory | null,
): Verdict => {
  const what = 'an order given back has its money returned and no ticket; a refusal changed nothing';
  if (history === null) return notChecked('P2', what, 'no history of what fans were told');
  if (intents === null) return notChecked('P2', what, 'the gateway’s ledger was not read');
  const orders = new Map(records.orders.map((order) => [order.orderId, order]));
  const live = new Set(records.tickets.filter(({ voided }) => !voided).map(({ orderId }) => orderId));
  const kept = new Set(
    intents
      .filter((intent) => intent.capturedMinor > intent.refundedMinor)
      .map((intent) => intent.orderId ?? ''),
  );
  const asked = history.requests.filter((request) => request.what === 'give_back');
  const breaches = asked.flatMap(({ orderId, outcome }) => {
    const { status = 'gone', reason = null } = orders.get(orderId) ?? {};
    if (outcome.kind === 'refused')
      return status === 'refunded' && reason === 'cancelled'
        ? [`order ${orderId} was given back although its fan was told ${outcome.code}`]
        : [];
    if (outcome.kind === 'unknown') return [];
    return [
      ...(status === 'refunded' ? [] : [`order ${orderId} was given back and is ${status}`]),
      ...(live.has(orderId) ? [`order ${orderId} was given back and has a live ticket`] : []),
      ...(kept.has(orderId) ? [`order ${orderId} was given back and its money kept`] : []),
    ];
  });
  return judge('P2', what, asked.length, breaches, 'nobody gave an order back');
};
