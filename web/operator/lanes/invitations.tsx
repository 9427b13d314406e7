import { useSignal } from '@preact/signals';
import { problemText } from '../problem-text.ts';
import { Outcome } from '../screen.tsx';
import { call } from '../session.ts';
import { t } from '../texts.ts';
import { linesOf } from './lines.ts';
import type { Lane } from './lane-draft.ts';

const FAN_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Fans and networks that need no code for a lane; and the way back. */
export const Invitations = ({
  eventId,
  lanes,
}: {
  readonly eventId: string;
  readonly lanes: readonly Lane[];
}) => {
  const text = useSignal('');
  const told = useSignal<{ readonly tone: 'good' | 'bad'; readonly text: string } | null>(null);
  const coded = lanes.filter(({ access }) => access === 'code');
  if (coded.length === 0) return null;
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const lane = new FormData(event.currentTarget as HTMLFormElement).get('lane');
    const invited = linesOf(text.value);
    const reply = await call<{ changed: number }>('POST', `/v1/operator/events/${eventId}/invitations`, {
      lane: lane === '' ? null : lane,
      fanIds: invited.filter((one) => FAN_ID.test(one)),
      networks: invited.filter((one) => !FAN_ID.test(one)),
    });
    told.value = reply.ok
      ? { tone: 'good', text: t('invitedDone', { count: reply.body.changed }) }
      : { tone: 'bad', text: problemText(reply.problem) };
    if (reply.ok) text.value = '';
  };
  return (
    <section class="stack" aria-labelledby="invitations-title">
      <h2 id="invitations-title">{t('invitations')}</h2>
      <p class="quiet">{t('invitationsText')}</p>
      <form class="section-fields" onSubmit={(event: SubmitEvent) => void send(event)}>
        <div class="field">
          <label for="invite-lane">{t('inviteInto')}</label>
          <select id="invite-lane" name="lane">
            {coded.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
            <option value="">{t('inviteBack')}</option>
          </select>
        </div>
        <div class="field wide">
          <label for="invited">{t('invited')}</label>
          <textarea
            id="invited"
            rows={3}
            required
            aria-describedby="invited-hint"
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
          <p class="hint" id="invited-hint">
            {t('invitedHint')}
          </p>
        </div>
        {told.value === null ? null : <Outcome tone={told.value.tone} text={told.value.text} />}
        <div>
          <button class="button" type="submit">
            {t('invite')}
          </button>
        </div>
      </form>
    </section>
  );
};
