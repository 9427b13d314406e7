import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../texts.ts';
import type { Feed } from './feed.ts';

/** The server sends every second: after this one something is wrong, and the operator must not steer by old numbers. */
const STALE_MS = 5_000;

/** How old the numbers are. The state is said aloud when it changes, the seconds are not. */
export const Freshness = ({ feed }: { readonly feed: Feed }) => {
  const nowMs = useSignal(performance.now());
  useEffect(() => {
    const timer = window.setInterval(() => {
      nowMs.value = performance.now();
    }, 500);
    return () => window.clearInterval(timer);
  }, []);
  const heard = feed.heardAtMs.value;
  if (heard === null) return <span class="tag">{t('connecting')}</span>;
  const ageMs = Math.max(0, nowMs.value - heard);
  const stale = ageMs > STALE_MS;
  return (
    <span class="row freshness">
      <span class={`tag ${stale ? 'bad' : 'good'}`} role="status">
        <span aria-hidden="true">{stale ? '✕' : '●'}</span>
        {stale ? t('stale') : t('live')}
      </span>
      <span class="quiet small" data-age={Math.round(ageMs)}>
        {t('age', { seconds: Math.round(ageMs / 1_000) })}
      </span>
    </span>
  );
};
