import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LiveNumbers } from '../../shared/documents.ts';
import { formatSpan } from '../../shared/format.ts';
import { language, LOCALES } from '../../shared/texts.ts';
import { confirmed } from '../confirm.tsx';
import { n } from '../live/figures.tsx';
import { mayAct } from '../session.ts';
import { t } from '../texts.ts';
import { turn, turning } from './turn.ts';
import { isDangerous, rateAt, STEPS, stepOf, waitSeconds } from './wait.ts';

const span = (seconds: number | null): string =>
  seconds === null ? t('standsStill') : formatSpan(seconds, LOCALES[language.value]);

/** What another rate does to whoever stands last, before anybody feels it. */
const Preview = ({ numbers, rate }: { readonly numbers: LiveNumbers; readonly rate: number }) => {
  const waiting = Math.max(0, numbers.line.joined - numbers.line.serving);
  const { loop, frame } = numbers;
  // While the closed loop holds back, a higher ceiling promises no more than what the sale was found to bear.
  const borne = loop === null || loop.mode === 'open' ? rate : Math.min(rate, loop.ratePerMinute);
  const now = waitSeconds(waiting, frame.ratePerMinute);
  const then = waitSeconds(waiting, rate === numbers.admission.ratePerMinute ? frame.ratePerMinute : borne);
  const heldBack = numbers.limit !== 'rate' && rate > numbers.admission.ratePerMinute;
  return (
    <output class="preview" for="rate">
      {waiting === 0 ? (
        <span>{t('previewNobody')}</span>
      ) : (
        <>
          <span class="label">{t('previewLast', { waiting })}</span>
          <span class="from-to">
            <span>{span(now)}</span>
            <span aria-hidden="true">→</span>
            <span class="unseen">{t('becomes')}</span>
            <strong>{span(then)}</strong>
          </span>
        </>
      )}
      {heldBack && waiting > 0 ? <span class="small">{t('previewHeldBack')}</span> : null}
    </output>
  );
};

/** The operator's ceiling, and how many may be inside: turned, looked at, and only then sent. */
export const GateForm = ({ numbers }: { readonly numbers: LiveNumbers }) => {
  const { admission } = numbers;
  const rate = useSignal(admission.ratePerMinute);
  const inside = useSignal(admission.insideMax);
  // Somebody else's turn, or what became of ours: the form shows what stands.
  useEffect(() => {
    rate.value = admission.ratePerMinute;
    inside.value = admission.insideMax;
  }, [admission.version]);

  const change = {
    ...(rate.value === admission.ratePerMinute ? {} : { ratePerMinute: rate.value }),
    ...(inside.value === admission.insideMax ? {} : { insideMax: inside.value }),
  };
  const changed = Object.keys(change).length > 0;
  const locked = !mayAct.value || turning.value;

  const apply = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!changed || locked) return;
    const risky = rate.value !== admission.ratePerMinute && isDangerous(admission.ratePerMinute, rate.value);
    const sure =
      !risky ||
      (await confirmed({
        title: t('confirmRate', { rate: rate.value }),
        text: t('confirmRateText', { before: admission.ratePerMinute, after: rate.value }),
        act: t('apply'),
      }));
    if (sure) await turn(numbers, change);
  };

  const number = ({ value }: { readonly value: string }): number =>
    Math.max(0, Math.round(Number(value) || 0));

  return (
    <form class="stack gate-form" onSubmit={(event: SubmitEvent) => void apply(event)}>
      <div class="field">
        <label for="rate">{t('rateLabel')}</label>
        <div class="rate-row">
          <input
            id="rate"
            type="range"
            min={0}
            max={STEPS}
            step={1}
            value={stepOf(rate.value)}
            disabled={!mayAct.value}
            aria-valuetext={t('ratePerMinute', { rate: rate.value })}
            onInput={(event) => (rate.value = rateAt(number(event.currentTarget)))}
          />
          <input
            type="number"
            class="exact"
            min={0}
            max={10_000_000}
            inputMode="numeric"
            aria-label={t('rateExact')}
            value={rate.value}
            disabled={!mayAct.value}
            onInput={(event) => (rate.value = number(event.currentTarget))}
          />
        </div>
        <p class="hint">{t('ratePresently', { rate: n(numbers.frame.ratePerMinute) })}</p>
      </div>
      <Preview numbers={numbers} rate={rate.value} />
      <div class="field">
        <label for="inside-max">{t('insideLabel')}</label>
        <input
          id="inside-max"
          type="number"
          min={0}
          max={10_000_000}
          inputMode="numeric"
          value={inside.value}
          disabled={!mayAct.value}
          onInput={(event) => (inside.value = number(event.currentTarget))}
        />
      </div>
      <div class="row">
        <button class="button primary" type="submit" aria-disabled={!changed || locked}>
          {t('apply')}
        </button>
        {changed ? (
          <button
            class="button plain"
            type="button"
            onClick={() => {
              rate.value = admission.ratePerMinute;
              inside.value = admission.insideMax;
            }}
          >
            {t('discard')}
          </button>
        ) : null}
      </div>
    </form>
  );
};
