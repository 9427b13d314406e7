import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LiveNumbers } from '../../shared/documents.ts';
import { confirmed } from '../confirm.tsx';
import { problemText } from '../problem-text.ts';
import { Outcome } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';
import { parsePoints, writePoints } from './ramp-points.ts';
import { launchPath } from './turn.ts';

const State = ({ launch }: Pick<LiveNumbers, 'launch'>) => {
  if (launch === null) return <span class="tag">{t('rampNone')}</span>;
  return (
    <span class={`tag ${launch.active ? 'good' : 'care'}`}>
      {launch.active ? t('rampActive', { rate: launch.ratePerMinute ?? 0 }) : t('rampInactive')}
    </span>
  );
};

/** Rates that are planned ahead, under the operator's ceiling. A number set by hand takes the plan out of force. */
export const Ramp = ({ numbers }: { readonly numbers: LiveNumbers }) => {
  const { launch, eventId } = numbers;
  const standing = launch === null ? '' : writePoints(launch.curve.points);
  const text = useSignal(standing);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    text.value = standing;
  }, [standing]);
  const { points, wrong } = parsePoints(text.value);
  const ready = mayAct.value && wrong === null && points.length > 0;

  const plan = async (curve: object | null): Promise<void> => {
    const sure = await confirmed({
      title: t(curve === null ? 'confirmUnplan' : 'confirmPlan'),
      text: curve === null ? standing : t('confirmPlanText', { count: points.length }),
      act: t(curve === null ? 'unplan' : 'plan'),
    });
    if (!sure) return;
    const reply = await call('POST', launchPath(eventId), { curve });
    problem.value = reply.ok ? null : problemText(reply.problem);
  };

  return (
    <details class="ramp">
      <summary>
        <span>{t('ramp')}</span> <State launch={launch} />
      </summary>
      <form
        class="stack tight"
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          if (ready) void plan({ ...launch?.curve, points });
        }}
      >
        <div class="field">
          <label for="ramp-points">{t('rampPoints')}</label>
          <textarea
            id="ramp-points"
            rows={3}
            disabled={!mayAct.value}
            value={text.value}
            aria-invalid={wrong !== null}
            aria-describedby="ramp-hint"
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
          <p class="hint" id="ramp-hint">
            {wrong === null ? null : <strong>{t('rowWrong', { line: wrong })} </strong>}
            {t('rampHint')}
          </p>
        </div>
        {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
        <div class="row">
          <button class="button small" type="submit" aria-disabled={!ready}>
            {t('plan')}
          </button>
          {launch === null ? null : (
            <button
              class="button small plain"
              type="button"
              aria-disabled={!mayAct.value}
              onClick={() => {
                if (mayAct.value) void plan(null);
              }}
            >
              {t('unplan')}
            </button>
          )}
        </div>
      </form>
    </details>
  );
};
