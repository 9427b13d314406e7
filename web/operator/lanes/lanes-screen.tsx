import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Definition } from '../define/draft.ts';
import { problemText } from '../problem-text.ts';
import { Link, pathTo } from '../router.tsx';
import { Outcome, Screen } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';
import { Codes } from './codes.tsx';
import { Invitations } from './invitations.tsx';
import type { Lane } from './lane-draft.ts';
import { LanesForm } from './lanes-form.tsx';
import './lanes.css';

/** Who goes in which lane of an event's line, with what share, by which codes and invitations. */
export const LanesScreen = ({ eventId }: { readonly eventId: string }) => {
  const lanes = useSignal<readonly Lane[] | null>(null);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    const read = async (): Promise<void> => {
      const reply = await call<Definition>('GET', `/v1/operator/events/${eventId}/definition`);
      if (reply.ok) lanes.value = reply.body.lanes ?? [];
      else problem.value = problemText(reply.problem);
    };
    void read();
  }, [eventId]);
  return (
    <Screen
      title={t('lanesAndCodes')}
      aside={
        <Link class="button small" to={pathTo.live(eventId)}>
          {t('live')}
        </Link>
      }
    >
      {mayAct.value ? null : <Outcome tone="care" text={t('readOnly')} />}
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      {lanes.value === null ? null : (
        <div class="stack loose">
          <LanesForm eventId={eventId} lanes={lanes.value} onSet={(next) => (lanes.value = next)} />
          <Codes eventId={eventId} lanes={lanes.value} />
          {mayAct.value ? <Invitations eventId={eventId} lanes={lanes.value} /> : null}
        </div>
      )}
    </Screen>
  );
};
