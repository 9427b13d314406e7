import { useSignal } from '@preact/signals';
import type { LiveNumbers } from '../../shared/documents.ts';
import { moment } from '../audit/audit-trail.tsx';
import { confirmed } from '../confirm.tsx';
import { serves } from '../features.ts';
import { problemText } from '../problem-text.ts';
import { Outcome } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';

const LONGEST = 500;
const ROUTE = '/v1/operator/events/{eventId}/message';

/** What the operator tells everybody who waits. It cannot be unread, so it is asked about twice. */
export const Broadcast = ({ numbers }: { readonly numbers: LiveNumbers }) => {
  const text = useSignal('');
  const problem = useSignal<string | null>(null);
  if (!serves(`post ${ROUTE}`)) return null;
  const told = numbers.frame.message ?? null;

  const send = async (next: string | null): Promise<void> => {
    if (!mayAct.value || next === '') return;
    const sure = await confirmed({
      title: t(next === null ? 'confirmUntell' : 'confirmTell'),
      text: next ?? told?.text ?? '',
      act: t(next === null ? 'untell' : 'tell'),
    });
    if (!sure) return;
    const reply = await call('POST', ROUTE.replace('{eventId}', numbers.eventId), { text: next });
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (reply.ok) text.value = '';
  };

  return (
    <form
      class="stack tight"
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        void send(text.value.trim());
      }}
    >
      {told === null ? null : (
        <blockquote class="told">
          <span class="label">{t('toldAt', { at: moment(told.at) })}</span>
          <p>{told.text}</p>
          <button
            class="button small plain"
            type="button"
            aria-disabled={!mayAct.value}
            onClick={() => void send(null)}
          >
            {t('untell')}
          </button>
        </blockquote>
      )}
      <div class="field">
        <label for="broadcast">{t('broadcast')}</label>
        <textarea
          id="broadcast"
          rows={2}
          maxLength={LONGEST}
          disabled={!mayAct.value}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </div>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      <div>
        <button class="button small" type="submit" aria-disabled={!mayAct.value || text.value.trim() === ''}>
          {t('tell')}
        </button>
      </div>
    </form>
  );
};
