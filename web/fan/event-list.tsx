import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { insist } from '../shared/api.ts';
import type { EventDocument } from '../shared/documents.ts';
import { formatDateTime } from '../shared/format.ts';
import { language, LOCALES } from '../shared/texts.ts';
import { t } from './texts.ts';

const events = signal<readonly EventDocument[] | 'loading' | 'gone'>('loading');

const load = async (): Promise<void> => {
  const reply = await insist<{ events: EventDocument[] }>('GET', '/v1/events');
  events.value = reply.ok ? reply.body.events : 'gone';
};

/** What is on sale here. */
export const EventList = () => {
  useEffect(() => void load(), []);
  const known = events.value;
  return (
    <section class="stack loose">
      <h1>{t('events')}</h1>
      {typeof known === 'string' ? (
        <p role="status">{t(known === 'loading' ? 'loading' : 'networkGone')}</p>
      ) : known.length === 0 ? (
        <p>{t('noEvents')}</p>
      ) : (
        <ul class="stack">
          {known.map(({ eventId, name, venue, opensAt }) => (
            <li key={eventId}>
              <a class="card event-link" href={`/e/${eventId}`}>
                <h2>{name}</h2>
                <p class="quiet">{venue}</p>
                <p class="small">{formatDateTime(opensAt, LOCALES[language.value])}</p>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};
