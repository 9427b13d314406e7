import type { ComponentChildren } from 'preact';
import type { LiveNumbers } from '../../shared/documents.ts';
import { formatNumber } from '../../shared/format.ts';
import { language, LOCALES } from '../../shared/texts.ts';
import { t } from '../texts.ts';
import type { Sample } from './history.ts';
import { perMinute } from './history.ts';

export const n = (value: number): string => formatNumber(Math.round(value), LOCALES[language.value]);

export const milliseconds = (value: number | null): string =>
  value === null ? '–' : t('ms', { ms: Math.round(value) });

const percent = (share: number): string =>
  new Intl.NumberFormat(LOCALES[language.value], { style: 'percent', maximumFractionDigits: 1 }).format(
    share,
  );

/** How full something is, for the eye; the numbers beside it say the same. */
const Gauge = ({ share }: { readonly share: number }) => (
  <span class={`gauge ${share >= 0.97 ? 'full' : ''}`} aria-hidden="true">
    <span style={{ width: `${Math.min(100, Math.max(0, share * 100)).toFixed(1)}%` }} />
  </span>
);

const Step = (props: {
  readonly label: string;
  readonly value: string;
  readonly share?: number;
  readonly gate?: boolean;
  readonly children: ComponentChildren;
}) => (
  <li class={props.gate === true ? 'gate' : ''}>
    <span class="label">{props.label}</span>
    <span class="figure">{props.value}</span>
    {props.share === undefined ? (
      <span class="gauge none" aria-hidden="true" />
    ) : (
      <Gauge share={props.share} />
    )}
    <span class="quiet small">{props.children}</span>
  </li>
);

interface Given {
  readonly numbers: LiveNumbers;
  readonly history: readonly Sample[];
}

const rate = (history: readonly Sample[], pick: (sample: Sample) => number): string => {
  const value = perMinute(history, pick);
  return value === null ? '–' : n(value);
};

/** The way of a fan from the line to the ticket, each step with how many stand there. */
export const Flow = ({ numbers, history }: Given) => {
  const { line, admission, seats, orders } = numbers;
  const total = seats.free + seats.held + seats.paying + seats.sold;
  const admitted = perMinute(history, (sample) => sample.admitted);
  return (
    <ol class="flow">
      <Step label={t('waiting')} value={n(Math.max(0, line.joined - line.serving))}>
        {t('arrivals', { rate: rate(history, (sample) => sample.joined) })}
      </Step>
      <Step
        gate
        label={t('admittedPerMinute')}
        value={admitted === null ? '–' : n(admitted)}
        share={admission.ratePerMinute === 0 ? 0 : (admitted ?? 0) / admission.ratePerMinute}
      >
        {admission.paused ? t('ceilingPaused') : t('ceilingOf', { rate: admission.ratePerMinute })}
      </Step>
      <Step
        label={t('inside')}
        value={n(line.inside)}
        share={admission.insideMax === 0 ? 1 : line.inside / admission.insideMax}
      >
        {t('insideOf', { max: admission.insideMax, called: line.called })}
      </Step>
      <Step label={t('held')} value={n(seats.held)}>
        {t('conflictsPerMinute', { rate: rate(history, (sample) => sample.conflicts) })}
      </Step>
      <Step label={t('paying')} value={n(seats.paying)}>
        {t('paymentsPending', { count: orders.awaitingPayment })}
      </Step>
      <Step label={t('sold')} value={n(seats.sold)} share={total === 0 ? 0 : seats.sold / total}>
        {t('soldOf', { share: percent(total === 0 ? 0 : seats.sold / total), total })}
      </Step>
    </ol>
  );
};

/** What went otherwise, and how quick the sale is. */
export const Details = ({ numbers }: Pick<Given, 'numbers'>) => {
  const { orders, holds, frame } = numbers;
  const rows: readonly (readonly [string, string])[] = [
    [t('ratePresent'), n(frame.ratePerMinute)],
    [t('holdsGranted'), n(holds.granted)],
    [t('holdsConflicts'), n(holds.conflicts)],
    [t('holdsRefused'), n(holds.refused)],
    [t('holdP50'), milliseconds(holds.p50Ms)],
    [t('holdP99'), milliseconds(holds.p99Ms)],
    [t('ordersConfirmed'), n(orders.confirmed)],
    [t('ordersFailed'), n(orders.failed)],
    [t('ordersExpired'), n(orders.expired)],
    [t('ordersRejected'), n(orders.rejected)],
    [t('ordersRefunded'), n(orders.refunded)],
  ];
  return (
    <dl class="details">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
};
