import { useSignal } from '@preact/signals';
import { moment } from '../audit/audit-trail.tsx';
import { problemText } from '../problem-text.ts';
import { useRefresh } from '../refresh.ts';
import { Link, pathTo } from '../router.tsx';
import { Outcome, Screen } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';
import './appeals.css';

const DECISIONS = ['granted', 'denied'] as const;
type Decision = (typeof DECISIONS)[number];

interface Appeal {
  readonly appealId: string;
  readonly fanId: string;
  readonly message: string;
  readonly filedAt: string;
  readonly resolution: {
    readonly decision: Decision;
    readonly note: string;
    readonly by: string;
    readonly at: string;
  } | null;
}

const Decide = ({ appeal, onDone }: { readonly appeal: Appeal; readonly onDone: () => void }) => {
  const problem = useSignal<string | null>(null);
  const { appealId } = appeal;
  const decide = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const note = new FormData(event.currentTarget as HTMLFormElement).get('note');
    const given = (event.submitter as HTMLButtonElement | null)?.value;
    const decision = DECISIONS.find((one) => one === given);
    if (decision === undefined || typeof note !== 'string') return;
    const reply = await call('POST', `/v1/operator/appeals/${appealId}/resolution`, { decision, note });
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (reply.ok) onDone();
  };
  return (
    <form class="appeal-decision" onSubmit={(event: SubmitEvent) => void decide(event)}>
      <div class="field">
        <label for={`note-${appealId}`}>{t('appealNote')}</label>
        <input id={`note-${appealId}`} name="note" required maxLength={2_000} />
      </div>
      {DECISIONS.map((decision) => (
        <button key={decision} class="button" type="submit" value={decision}>
          {t(decision === 'granted' ? 'appealGrant' : 'appealDeny')}
        </button>
      ))}
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
    </form>
  );
};

const AppealCard = ({ appeal, onDone }: { readonly appeal: Appeal; readonly onDone: () => void }) => {
  const { resolution } = appeal;
  return (
    <li class="card stack">
      <div class="row apart">
        <h2>{moment(appeal.filedAt)}</h2>
        <span class={`tag ${resolution === null ? 'care' : 'good'}`}>
          {t(
            resolution === null
              ? 'appealOpen'
              : resolution.decision === 'granted'
                ? 'appealGranted'
                : 'appealDenied',
          )}
        </span>
      </div>
      <blockquote class="appeal-words">{appeal.message}</blockquote>
      <p class="quiet small target">{t('appealFan', { fan: appeal.fanId })}</p>
      {resolution === null ? null : (
        <p>
          {resolution.note} · {resolution.by} · {moment(resolution.at)}
        </p>
      )}
      {mayAct.value && resolution === null ? <Decide appeal={appeal} onDone={onDone} /> : null}
    </li>
  );
};

/** Fans whom the line refused and who ask a person; the oldest first. */
export const AppealsScreen = ({ eventId }: { readonly eventId: string }) => {
  const appeals = useSignal<readonly Appeal[] | null>(null);
  const all = useSignal(false);
  const problem = useSignal<string | null>(null);
  const load = async (): Promise<void> => {
    const state = all.value ? 'all' : 'open';
    const path = `/v1/operator/events/${eventId}/appeals?state=${state}&limit=200`;
    const reply = await call<{ appeals: Appeal[] }>('GET', path);
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (reply.ok) appeals.value = reply.body.appeals;
  };
  useRefresh(load, 5_000, all.value);
  return (
    <Screen
      title={t('appeals')}
      aside={
        <div class="row">
          <Link class="button small" to={pathTo.live(eventId)}>
            {t('live')}
          </Link>
          <label class="row">
            <input
              type="checkbox"
              checked={all.value}
              onChange={(event) => (all.value = event.currentTarget.checked)}
            />
            {t('appealsAll')}
          </label>
        </div>
      }
    >
      <p class="quiet">{t('appealsText')}</p>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      {appeals.value?.length === 0 ? <p class="quiet">{t('appealsNone')}</p> : null}
      <ul class="stack">
        {appeals.value?.map((appeal) => (
          <AppealCard key={appeal.appealId} appeal={appeal} onDone={() => void load()} />
        ))}
      </ul>
    </Screen>
  );
};
