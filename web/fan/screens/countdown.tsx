import { now } from '../state/clock.ts';
import { t } from '../texts.ts';

const parts = (ms: number) => {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return [
    { key: 'days', value: Math.floor(seconds / 86_400) },
    { key: 'hours', value: Math.floor(seconds / 3_600) % 24 },
    { key: 'minutes', value: Math.floor(seconds / 60) % 60 },
    { key: 'seconds', value: seconds % 60 },
  ] as const;
};

/** Days to seconds until a moment, by the server's clock. */
export const Countdown = ({ until }: { readonly until: string }) => {
  const all = parts(Date.parse(until) - now.value);
  const shown = all[0].value > 0 ? all : all.slice(1);
  return (
    <p class="countdown" role="timer" aria-live="off">
      {shown.map(({ key, value }) => (
        <span class="countdown-part" key={key}>
          <span class="countdown-value">{key === 'days' ? value : String(value).padStart(2, '0')}</span>{' '}
          <span class="countdown-unit">{t(key)}</span>
        </span>
      ))}
    </p>
  );
};
