import { useSignal } from '@preact/signals';
import type { EventDocument } from '../../shared/documents.ts';
import { formatDateTime } from '../../shared/format.ts';
import { language, LOCALES } from '../../shared/texts.ts';
import { n } from '../live/figures.tsx';
import { PhaseTag } from '../live/phase-tag.tsx';
import { problemText } from '../problem-text.ts';
import { useRefresh } from '../refresh.ts';
import { Link, pathTo } from '../router.tsx';
import { Outcome, Screen } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const Card = ({ event }: { readonly event: EventDocument }) => {
  const seats = sum(event.sections.map((one) => one.seats));
  const left = sum(event.sections.map((one) => one.left));
  const share = seats === 0 ? 0 : (seats - left) / seats;
  return (
    <li class="card event-card">
      <span class="stack tight">
        <h2>
          <Link to={pathTo.live(event.eventId)}>{event.name}</Link>
        </h2>
        <span class="quiet">
          {event.venue} · {formatDateTime(event.opensAt, LOCALES[language.value])}
        </span>
      </span>
      <PhaseTag phase={event.phase} />
      <span class="stack tight left">
        <span>
          <strong class="figure">{n(left)}</strong> {t('leftOf', { seats })}
        </span>
        <span class="gauge" aria-hidden="true">
          <span style={{ width: `${(share * 100).toFixed(1)}%` }} />
        </span>
      </span>
    </li>
  );
};

export const EventsScreen = () => {
  const events = useSignal<readonly EventDocument[] | null>(null);
  const problem = useSignal<string | null>(null);
  useRefresh(async () => {
    const reply = await call<{ events: EventDocument[] }>('GET', '/v1/events');
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (reply.ok) events.value = reply.body.events;
  }, 5_000);
  return (
    <Screen
      title={t('events')}
      aside={
        mayAct.value ? (
          <Link class="button primary" to={pathTo.create}>
            {t('eventNew')}
          </Link>
        ) : null
      }
    >
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      {events.value?.length === 0 ? <p class="quiet">{t('eventsNone')}</p> : null}
      <ul class="stack">
        {events.value?.map((event) => (
          <Card key={event.eventId} event={event} />
        ))}
      </ul>
    </Screen>
  );
};
