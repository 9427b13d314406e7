import type { LiveNumbers } from '../../shared/documents.ts';
import { milliseconds } from '../live/figures.tsx';
import { limitText } from '../live/limit.ts';
import { mayAct } from '../session.ts';
import { t } from '../texts.ts';
import { turn, turning } from './turn.ts';

type Loop = NonNullable<LiveNumbers['loop']>;

const Signals = ({ loop }: { readonly loop: Loop }) => (
  <ul class="signals">
    {loop.signals.map(({ signal, valueMs, budgetMs }) => {
      const over = valueMs > budgetMs;
      return (
        <li key={signal}>
          <span class="row apart small">
            <span>{t(`signal_${signal}`)}</span>
            <span>
              {over ? <strong>{t('overBudget')} </strong> : null}
              {milliseconds(valueMs)} <span class="quiet">{t('ofBudget', { ms: budgetMs })}</span>
            </span>
          </span>
          <span class={`gauge ${over ? 'full' : ''}`} aria-hidden="true">
            <span
              style={{ width: `${Math.min(100, (valueMs / Math.max(1, budgetMs)) * 100).toFixed(1)}%` }}
            />
          </span>
        </li>
      );
    })}
  </ul>
);

/** Whether the rate follows the health of the sale, what it finds, and on what it rests. */
export const LoopControl = ({ numbers }: { readonly numbers: LiveNumbers }) => {
  const { admission, loop } = numbers;
  const locked = !mayAct.value || turning.value;
  return (
    <div class="stack tight">
      <button
        class="switch"
        type="button"
        role="switch"
        aria-checked={admission.closedLoop}
        aria-disabled={locked}
        onClick={() => {
          if (!locked) void turn(numbers, { closedLoop: !admission.closedLoop });
        }}
      >
        <span class="track" aria-hidden="true" />
        <span>{t('loopOn')}</span>
        <span class="quiet small">{t(admission.closedLoop ? 'on' : 'off')}</span>
      </button>
      {loop === null ? (
        <p class="quiet small">{t('loopHint')}</p>
      ) : (
        <>
          <p class="small">
            <strong>{t(`loop_${loop.mode}`)}</strong> {t('loopFinds', { rate: loop.ratePerMinute })}
            {loop.because === null ? null : ` ${limitText(loop.because.code)}.`}
          </p>
          <Signals loop={loop} />
        </>
      )}
    </div>
  );
};
