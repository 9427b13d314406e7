import type { Edge } from './edge.ts';
import { describeRoutes } from './openapi.ts';
import type { Route } from './route.ts';
import { admissionRoutes } from './routes/admission.ts';
import { eventRoutes } from './routes/events.ts';
import { fanRoutes } from './routes/fans.ts';
import { holdRoutes } from './routes/holds.ts';
import { lineRoutes } from './routes/line.ts';
import { machineRoutes } from './routes/machines.ts';
import { operatorActorRoutes } from './routes/operator-actors.ts';
import { operatorEventRoutes } from './routes/operator-events.ts';
import { operatorMoneyRoutes } from './routes/operator-money.ts';
import { operatorQueueRoutes } from './routes/operator-queues.ts';
import { operatorReviewRoutes } from './routes/operator-reviews.ts';
import { orderRoutes } from './routes/orders.ts';
import { pageRoutes } from './routes/pages.ts';
import { paymentWebhookRoutes } from './routes/payments-webhook.ts';
import { ticketRoutes } from './routes/tickets.ts';

/** Every route, the busiest first: the router tries them in this order. */
export const createRoutes = (edge: Edge): readonly Route[] => {
  let document: object | null = null;
  const openapi = (): object => (document ??= describeRoutes(routes, edge.options.publicUrl));
  const routes: readonly Route[] = [
    ...holdRoutes(edge),
    ...eventRoutes(edge),
    ...lineRoutes(edge),
    ...admissionRoutes(edge),
    ...orderRoutes(edge),
    ...fanRoutes(edge),
    ...ticketRoutes(edge),
    ...paymentWebhookRoutes(edge),
    ...operatorEventRoutes(edge),
    ...operatorActorRoutes(edge),
    ...operatorMoneyRoutes(edge),
    ...operatorQueueRoutes(edge),
    ...operatorReviewRoutes(edge),
    ...machineRoutes(edge, openapi),
    ...pageRoutes(edge),
  ];
  return routes;
};
