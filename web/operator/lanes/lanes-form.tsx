import { useSignal } from '@preact/signals';
import { problemText } from '../problem-text.ts';
import { Outcome } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';
import { laneDraftsOf, lanesOf, sumOf, type Lane } from './lane-draft.ts';
import { LaneFields } from './lane-fields.tsx';

/** The lanes of an event that exists: shares are turned while it runs, lanes are added. */
export const LanesForm = (props: {
  readonly eventId: string;
  readonly lanes: readonly Lane[];
  readonly onSet: (lanes: readonly Lane[]) => void;
}) => {
  const drafts = useSignal(laneDraftsOf(props.lanes));
  const told = useSignal<{ readonly tone: 'good' | 'bad'; readonly text: string } | null>(null);
  const sending = useSignal(false);
  const right = drafts.value.length > 0 && sumOf(drafts.value) === 100;
  const set = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!mayAct.value || sending.value || !right) return;
    sending.value = true;
    const body = { lanes: lanesOf(drafts.value) };
    const reply = await call<{ lanes: Lane[] }>('POST', `/v1/operator/events/${props.eventId}/lanes`, body);
    sending.value = false;
    told.value = reply.ok
      ? { tone: 'good', text: t('lanesSaved') }
      : { tone: 'bad', text: problemText(reply.problem) };
    if (reply.ok) props.onSet(reply.body.lanes);
  };
  return (
    <section class="stack" aria-labelledby="lanes-title">
      <h2 id="lanes-title">{t('lanes')}</h2>
      <form class="stack" onSubmit={(event: SubmitEvent) => void set(event)}>
        <LaneFields
          lanes={drafts.value}
          locked={!mayAct.value}
          fixedCount={props.lanes.length}
          onChange={(next) => {
            drafts.value = next;
            told.value = null;
          }}
        />
        {props.lanes.length === 0 ? null : <p class="quiet small">{t('lanesFixed')}</p>}
        {told.value === null ? null : <Outcome tone={told.value.tone} text={told.value.text} />}
        {mayAct.value && drafts.value.length > 0 ? (
          <div>
            <button class="button primary" type="submit" aria-disabled={!right || sending.value}>
              {t('lanesSave')}
            </button>
          </div>
        ) : null}
      </form>
    </section>
  );
};
