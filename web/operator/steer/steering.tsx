import { useSignal } from '@preact/signals';
import type { LiveNumbers } from '../../shared/documents.ts';
import { confirmed } from '../confirm.tsx';
import { problemText } from '../problem-text.ts';
import { Outcome } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';
import { Broadcast } from './broadcast.tsx';
import { GateForm } from './gate-form.tsx';
import { LoopControl } from './loop.tsx';
import { JoinProof } from './join-proof.tsx';
import { Ramp } from './ramp.tsx';
import { lastTurn, turn, turning, undo } from './turn.ts';

interface Given {
  readonly numbers: LiveNumbers;
}

/** What this operator did last, and the way back. */
const LastTurn = ({ eventId }: { readonly eventId: string }) => {
  const last = lastTurn.value;
  if (last === null || last.eventId !== eventId) return null;
  return (
    <div class="stack tight">
      <Outcome tone={last.tone} text={last.text} />
      {last.before === null ? null : (
        <button
          class="button small"
          type="button"
          aria-disabled={turning.value}
          onClick={() => {
            if (!turning.value) void undo();
          }}
        >
          {t('undo')}
        </button>
      )}
    </div>
  );
};

/** Letting in is stopped and goes on: both at once, both can be undone. */
const PauseButton = ({ numbers }: Given) => {
  const { admission } = numbers;
  return (
    <button
      class="button"
      type="button"
      aria-pressed={admission.paused}
      aria-disabled={!mayAct.value || turning.value}
      onClick={() => {
        if (mayAct.value && !turning.value) void turn(numbers, { paused: !admission.paused });
      }}
    >
      <span aria-hidden="true">{admission.paused ? '▶' : '❚❚'}</span>
      {t(admission.paused ? 'resumeAdmission' : 'pauseAdmission')}
    </button>
  );
};

type Setting = 'open' | 'paused' | 'closed';
const SETTINGS: readonly Setting[] = ['open', 'paused', 'closed'];

/** The phase of the sale. What stops people inside from buying is asked about twice. */
const PhaseButtons = ({ numbers }: Given) => {
  const problem = useSignal<string | null>(null);
  const set = async (phase: Setting): Promise<void> => {
    if (!mayAct.value || numbers.phase === phase) return;
    const sure = await confirmed({
      title: t(`confirmPhase_${phase}`),
      text: t(`confirmPhaseText_${phase}`),
      act: t(`setPhase_${phase}`),
    });
    if (!sure) return;
    const reply = await call('POST', `/v1/operator/events/${numbers.eventId}/phase`, { phase });
    problem.value = reply.ok ? null : problemText(reply.problem);
  };
  return (
    <fieldset class="phases">
      <legend>{t('phase')}</legend>
      <div class="row">
        {SETTINGS.map((phase) => (
          <button
            key={phase}
            class="button small"
            type="button"
            aria-pressed={numbers.phase === phase}
            aria-disabled={!mayAct.value || numbers.phase === phase}
            onClick={() => void set(phase)}
          >
            {t(`setPhase_${phase}`)}
          </button>
        ))}
      </div>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
    </fieldset>
  );
};

/** The hand on the gate. Who may only look sees the same knobs, and that they are not his. */
export const Steering = ({ numbers }: Given) => (
  <section class="card stack steering" aria-labelledby="steering">
    <h2 id="steering">{t('steering')}</h2>
    {mayAct.value ? null : <Outcome tone="care" text={t('readOnly')} />}
    <GateForm numbers={numbers} />
    <PauseButton numbers={numbers} />
    <LoopControl numbers={numbers} />
    <LastTurn eventId={numbers.eventId} />
    <Ramp numbers={numbers} />
    <PhaseButtons numbers={numbers} />
    <JoinProof eventId={numbers.eventId} />
    <Broadcast numbers={numbers} />
  </section>
);
