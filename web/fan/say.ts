import type { Problem } from '../shared/api.ts';
import { formatDateTime, formatMoney, formatNumber, formatSpan, formatTime } from '../shared/format.ts';
import { language, LOCALES } from '../shared/texts.ts';
import type { Frame } from '../shared/documents.ts';
import { t } from './texts.ts';

/** Money, numbers and times in the page's language. */
const locale = (): string => LOCALES[language.value];
export const money = (amountMinor: number, currency: string): string =>
  formatMoney(amountMinor, currency, locale());
export const number = (value: number): string => formatNumber(value, locale());
export const dateTime = (iso: string): string => formatDateTime(iso, locale());
export const time = (iso: string): string => formatTime(iso, locale());
export const span = (seconds: number): string => formatSpan(seconds, locale());

type PlainKey = 'problemOther' | Extract<Parameters<typeof t>[0], `problem${string}` | `why${string}`>;

const PROBLEMS: Partial<Record<Problem['code'], PlainKey>> = {
  network: 'problemNetwork',
  overloaded: 'problemBusy',
  unavailable: 'problemBusy',
  rate_limited: 'problemBusy',
  outcome_unknown: 'problemUnknown',
  idempotency_in_progress: 'problemUnknown',
  seat_taken: 'problemTaken',
  section_sold_out: 'problemFew',
  fan_limit: 'problemLimit',
  event_not_open: 'problemNotOpen',
  line_closed: 'problemNotOpen',
  code_required: 'problemCode',
  code_invalid: 'problemCode',
  code_revoked: 'problemCode',
  code_used: 'problemCode',
  code_expired: 'problemCode',
  proof_required: 'problemProof',
  proof_invalid: 'problemProof',
  admission_paused: 'problemPaused',
  pass_expired: 'problemPass',
  pass_invalid: 'problemPass',
  pass_required: 'problemPass',
  hold_expired: 'problemHold',
  hold_not_active: 'problemHold',
  hold_already_extended: 'problemExtended',
};

/** What a refusal means for the fan who reads it. */
export const sayProblem = (problem: Problem): string => t(PROBLEMS[problem.code] ?? 'problemOther');

/** Each has its words: a reason that the server learns does not compile here until it has. */
const REASONS: Readonly<Record<Frame['reason'], PlainKey>> = {
  rate: 'whyRate',
  schedule: 'whySchedule',
  inside: 'whyInside',
  nobody_waiting: 'whyNobody',
  section_closed: 'whySectionClosed',
  stock: 'whyStock',
  paused: 'whyPaused',
  pending: 'whyPending',
  closed: 'whyClosed',
  degraded: 'whyDegraded',
  holds_slow: 'whySlow',
  database_busy: 'whySlow',
  server_busy: 'whySlow',
  messages_slow: 'whyPayments',
  messages_blocked: 'whyPayments',
  payments_slow: 'whyPayments',
  seats_scarce: 'whyScarce',
  warming_up: 'whyFaster',
  recovering: 'whyFaster',
};

/** Why the line moves as it does; a page that is older than its server tells new reasons in general words. */
export const sayReason = (frame: Frame): string =>
  t((REASONS as Readonly<Record<string, PlainKey>>)[frame.reason] ?? 'whyOther');

/** A seat as people say it, by its id: `<section>-<row>-<number>`, or `<section>-<number>` in an area. */
export const saySeat = (seatId: string, sectionNames: ReadonlyMap<string, string>): string => {
  const [section = '', row = '', seat] = seatId.split('-');
  const name = sectionNames.get(section) ?? section;
  return seat === undefined
    ? t('areaName', { section: name, count: 1 })
    : t('seatName', { section: name, row, number: seat });
};
