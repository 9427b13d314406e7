import type { Config } from '../config.ts';
import { systemClock } from '../infra/environment.ts';
import type { Logger } from '../infra/log.ts';
import { createUpstream, type OpenUpstream } from '../infra/upstream/upstream.ts';
import type { Closing } from './closing.ts';
import type { Part } from './servers.ts';
import { addressOf } from './start-error.ts';

export interface Upstreams {
  readonly tickets: OpenUpstream | null;
  readonly payments: OpenUpstream | null;
  readonly parts: readonly Part[];
}

/**
 * The services that this process needs and does not serve. Not vital: without the ticket service a gateway still keeps the
 * line, and a balancer that took all gateways away for it would make a large outage of a small one.
 */
export const openUpstreams = (config: Config, log: Logger, closing: Closing): Upstreams => {
  const has = (role: Config['roles'][number]): boolean => config.roles.includes(role);
  const open = (name: 'tickets' | 'payments', url: string | undefined): OpenUpstream | null => {
    if (url === undefined) return null;
    const upstream = createUpstream({
      name,
      url,
      connections: config.MAX_IN_FLIGHT,
      clock: systemClock,
      log,
    });
    closing.add(`connections to ${name}`, () => upstream.close());
    return upstream;
  };
  const tickets = has('gateway') && !has('tickets') ? open('tickets', config.TICKETS_URL) : null;
  const payments =
    (has('gateway') || has('tickets')) && !has('payments') ? open('payments', config.PAYMENTS_URL) : null;
  const partOf = (name: string, upstream: OpenUpstream | null): Part[] =>
    upstream === null
      ? []
      : [{ name, where: addressOf(upstream.url), vital: false, up: () => upstream.up() }];
  return { tickets, payments, parts: [...partOf('Tickets', tickets), ...partOf('Payments', payments)] };
};
