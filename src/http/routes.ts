import type { Upstream } from '../domain/ports/upstream.ts';
import type { Edge } from './edge.ts';
import { describeRoutes } from './openapi.ts';
import type { Route, Service } from './route.ts';
import { admissionRoutes } from './routes/admission.ts';
import { drawRoutes } from './routes/draw.ts';
import { eventRoutes } from './routes/events.ts';
import { checkoutRoutes } from './routes/checkouts.ts';
import { fanRoutes } from './routes/fans.ts';
import { gateRoutes } from './routes/gate.ts';
import { holdRoutes } from './routes/holds.ts';
import { joinDoorRoutes } from './routes/join-door.ts';
import { lineRoutes } from './routes/line.ts';
import { machineRoutes } from './routes/machines.ts';
import { operatorActorRoutes } from './routes/operator-actors.ts';
import { operatorCodeRoutes } from './routes/operator-codes.ts';
import { operatorDefinitionRoutes } from './routes/operator-definition.ts';
import { operatorDrawRoutes } from './routes/operator-draw.ts';
import { operatorEventRoutes } from './routes/operator-events.ts';
import { operatorLaneRoutes } from './routes/operator-lanes.ts';
import { operatorMoneyRoutes } from './routes/operator-money.ts';
import { operatorQueueRoutes } from './routes/operator-queues.ts';
import { operatorReviewRoutes } from './routes/operator-reviews.ts';
import { operatorSessionRoutes } from './routes/operator-session.ts';
import { orderRoutes } from './routes/orders.ts';
import { pageRoutes } from './routes/pages.ts';
import { paymentWebhookRoutes } from './routes/payments-webhook.ts';
import { recoveryRoutes } from './routes/recovery.ts';
import { readyRoutes } from './routes/ready.ts';
import { ticketRoutes } from './routes/tickets.ts';

const of = (service: Service, routes: readonly Route[]): Route[] =>
  routes.map((route) => ({ ...route, service }));

/** Every public route, the busiest first: the router tries them in this order. */
export const createRoutes = (edge: Edge): readonly Route[] => {
  let document: object | null = null;
  const openapi = (): object => (document ??= describeRoutes(routes, edge.options.publicUrl));
  const routes: readonly Route[] = [
    ...of('tickets', holdRoutes(edge)),
    ...of('tickets', eventRoutes(edge)),
    ...of('gateway', lineRoutes(edge)),
    ...of('gateway', recoveryRoutes(edge)),
    ...of('gateway', joinDoorRoutes(edge)),
    ...of('gateway', readyRoutes(edge)),
    ...of('gateway', drawRoutes(edge)),
    ...of('gateway', admissionRoutes(edge)),
    ...of('gateway', gateRoutes(edge)),
    ...of('tickets', orderRoutes(edge)),
    ...of('gateway', fanRoutes(edge)),
    ...of('tickets', ticketRoutes(edge)),
    ...of('payments', paymentWebhookRoutes(edge)),
    ...of('tickets', operatorEventRoutes(edge)),
    ...of('tickets', operatorDefinitionRoutes(edge)),
    ...of('tickets', operatorDrawRoutes(edge)),
    ...of('tickets', operatorLaneRoutes(edge)),
    ...of('tickets', operatorCodeRoutes(edge)),
    ...of('tickets', operatorActorRoutes(edge)),
    ...of('payments', operatorMoneyRoutes(edge)),
    ...of('tickets', operatorQueueRoutes(edge)),
    ...of('payments', operatorReviewRoutes(edge)),
    ...of('tickets', operatorSessionRoutes(edge)),
    ...machineRoutes(edge, openapi),
    ...of('gateway', pageRoutes(edge)),
  ];
  return routes;
};

const isServed = (edge: Pick<Edge, 'served'>, service: Service | undefined): boolean =>
  service === undefined || edge.served === undefined || edge.served.includes(service);

/** The routes of this process: those it answers itself or passes on, and those that only our own processes may ask for. */
export const mountedRoutes = (edge: Edge): readonly Route[] => [
  ...createRoutes(edge).filter(
    ({ service }) =>
      isServed(edge, service) || (service !== undefined && edge.upstreams?.[service] !== undefined),
  ),
  ...(isServed(edge, 'payments') ? of('payments', checkoutRoutes(edge)) : []),
];

/** The process that answers this route, where it is not this one. */
export const upstreamOf = (edge: Edge, { service }: Route): Upstream | undefined =>
  service === undefined || isServed(edge, service) ? undefined : edge.upstreams?.[service];
