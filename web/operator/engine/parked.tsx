import { useSignal } from '@preact/signals';
import { moment } from '../audit/audit-trail.tsx';
import { confirmed } from '../confirm.tsx';
import { problemText } from '../problem-text.ts';
import { useRefresh } from '../refresh.ts';
import { Outcome } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';

interface Parked {
  readonly message: {
    readonly id: string;
    readonly type: string;
    readonly occurredAt: string;
    readonly orderId: string;
  } | null;
  readonly raw: string | null;
  readonly attempts: number;
  readonly reason: string;
}

const QUEUES = ['tickets', 'payments'] as const;
type Queue = (typeof QUEUES)[number];
const LIMIT = 100;

const Messages = ({ messages }: { readonly messages: readonly Parked[] }) => (
  <div class="scroll" tabIndex={0} role="group" aria-label={t('parked')}>
    <table class="plain wide">
      <thead>
        <tr>
          <th scope="col">{t('message')}</th>
          <th scope="col">{t('when')}</th>
          <th scope="col">{t('order')}</th>
          <th scope="col">{t('attempts')}</th>
          <th scope="col">{t('reason')}</th>
        </tr>
      </thead>
      <tbody>
        {messages.map(({ message, raw, attempts, reason }, index) => (
          <tr key={message?.id ?? index}>
            <td>{message?.type ?? <code>{raw?.slice(0, 80)}</code>}</td>
            <td>{message === null ? '–' : moment(message.occurredAt)}</td>
            <td class="target">{message?.orderId ?? '–'}</td>
            <td class="number">{attempts}</td>
            <td>{reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const QueueCard = ({ queue }: { readonly queue: Queue }) => {
  const messages = useSignal<readonly Parked[] | null>(null);
  const outcome = useSignal<{ readonly text: string; readonly tone: 'good' | 'bad' } | null>(null);
  const load = async (): Promise<void> => {
    const reply = await call<{ messages: Parked[] }>(
      'GET',
      `/v1/operator/queues/${queue}/parked?limit=${LIMIT}`,
    );
    if (reply.ok) messages.value = reply.body.messages;
    else outcome.value = { text: problemText(reply.problem), tone: 'bad' };
  };
  useRefresh(load, 5_000);
  const count = messages.value?.length ?? 0;
  const redrive = async (): Promise<void> => {
    if (!mayAct.value || count === 0) return;
    const sure = await confirmed({
      title: t('confirmRedrive'),
      text: t('confirmRedriveText', { count, queue }),
      act: t('redrive'),
    });
    if (!sure) return;
    const reply = await call<{ redriven: number }>('POST', `/v1/operator/queues/${queue}/redrive`, {
      limit: LIMIT,
    });
    outcome.value = reply.ok
      ? { text: t('redriven', { count: reply.body.redriven }), tone: 'good' }
      : { text: problemText(reply.problem), tone: 'bad' };
    await load();
  };
  return (
    <section class="card stack" aria-labelledby={`queue-${queue}`}>
      <div class="row apart">
        <h3 id={`queue-${queue}`}>{t(`queue_${queue}`)}</h3>
        <span class={`tag ${count === 0 ? 'good' : 'care'}`}>
          {messages.value === null ? t('connecting') : t('parkedCount', { count })}
        </span>
      </div>
      {outcome.value === null ? null : <Outcome {...outcome.value} />}
      {count === 0 ? null : (
        <>
          <Messages messages={messages.value ?? []} />
          <div>
            <button
              class="button small"
              type="button"
              aria-disabled={!mayAct.value}
              onClick={() => void redrive()}
            >
              {t('redrive')}
            </button>
          </div>
        </>
      )}
    </section>
  );
};

/** Messages that could not be handled, and the way to send them round again. */
export const ParkedMessages = () => (
  <section class="stack" aria-labelledby="parked">
    <h2 id="parked">{t('parked')}</h2>
    <div class="pair">
      {QUEUES.map((queue) => (
        <QueueCard key={queue} queue={queue} />
      ))}
    </div>
  </section>
);
