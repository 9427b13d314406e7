import { t } from '../texts.ts';
import type pt from '../text/pt.ts';

type LimitKey = Extract<keyof typeof pt, `limit_${string}`>;

/** What binds the rate, by the server's code. A code that this console does not know yet is shown as it is. */
const LIMITS: Readonly<Record<string, LimitKey>> = {
  rate: 'limit_rate',
  schedule: 'limit_schedule',
  inside: 'limit_inside',
  nobody_waiting: 'limit_nobody_waiting',
  section_closed: 'limit_section_closed',
  stock: 'limit_stock',
  paused: 'limit_paused',
  pending: 'limit_pending',
  closed: 'limit_closed',
  degraded: 'limit_degraded',
  holds_slow: 'limit_holds_slow',
  payments_slow: 'limit_payments_slow',
  database_busy: 'limit_database_busy',
  messages_slow: 'limit_messages_slow',
  messages_blocked: 'limit_messages_blocked',
  server_busy: 'limit_server_busy',
  seats_scarce: 'limit_seats_scarce',
  warming_up: 'limit_warming_up',
  recovering: 'limit_recovering',
};

/** Nothing is wrong: people come in as fast as was wished, or there is nobody to let in. */
const CALM = new Set(['rate', 'schedule', 'nobody_waiting', 'pending', 'warming_up']);

export const limitText = (code: string): string => {
  const key = LIMITS[code];
  return key === undefined ? code : t(key);
};

export const isCalm = (code: string): boolean => CALM.has(code);
