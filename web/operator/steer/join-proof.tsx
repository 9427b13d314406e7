import { useSignal } from '@preact/signals';
import { problemText } from '../problem-text.ts';
import { useRefresh } from '../refresh.ts';
import { Link, pathTo } from '../router.tsx';
import { Outcome } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';

const SETTINGS = ['off', 'auto', 'always'] as const;
type Setting = (typeof SETTINGS)[number];

const LOOK_MS = 10_000;

/** What a join must bring, and the way to those who could not bring it. */
export const JoinProof = ({ eventId }: { readonly eventId: string }) => {
  const now = useSignal<Setting | null>(null);
  const waiting = useSignal(0);
  const problem = useSignal<string | null>(null);
  const load = async (): Promise<void> => {
    const definition = await call<{ joinProof?: Setting }>(
      'GET',
      `/v1/operator/events/${eventId}/definition`,
    );
    if (definition.ok) now.value = definition.body.joinProof ?? 'off';
    const path = `/v1/operator/events/${eventId}/appeals?state=open&limit=200`;
    const open = await call<{ appeals: unknown[] }>('GET', path);
    if (open.ok) waiting.value = open.body.appeals.length;
  };
  useRefresh(load, LOOK_MS, eventId);
  const set = async (joinProof: Setting): Promise<void> => {
    if (!mayAct.value || joinProof === now.value) return;
    const reply = await call<{ joinProof: Setting }>('PATCH', `/v1/operator/events/${eventId}/admission`, {
      joinProof,
    });
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (reply.ok) now.value = reply.body.joinProof;
  };
  return (
    <fieldset class="phases">
      <legend>{t('joinProof')}</legend>
      <div class="row">
        {SETTINGS.map((setting) => (
          <button
            key={setting}
            class="button small"
            type="button"
            aria-pressed={now.value === setting}
            aria-disabled={!mayAct.value || now.value === setting}
            onClick={() => void set(setting)}
          >
            {t(`joinProof_${setting}`)}
          </button>
        ))}
      </div>
      <p class="quiet small">{t('joinProofHint')}</p>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      <p>
        <Link class="button small" to={pathTo.appeals(eventId)}>
          {t('appealsWaiting', { count: waiting.value })}
        </Link>
      </p>
    </fieldset>
  );
};
