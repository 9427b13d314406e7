import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { insist } from '../../shared/api.ts';
import type { EventDocument } from '../../shared/documents.ts';
import { dateTime, money } from '../say.ts';
import { now } from '../state/clock.ts';
import { seatsLeft } from '../state/stage.ts';
import { t } from '../texts.ts';
import { Heading } from '../ui.tsx';

const events = signal<readonly EventDocument[] | 'loading' | 'gone'>('loading');

const load = async (): Promise<void> => {
  const reply = await insist<{ events: EventDocument[] }>('GET', '/v1/events');
  events.value = reply.ok ? reply.body.events : 'gone';
};

const stateOf = (event: EventDocument): string => {
  if (event.phase === 'closed') return t('closedTitle');
  if (event.phase === 'pending' && Date.parse(event.opensAt) > now.value)
    return t('opensAt', { when: dateTime(event.opensAt) });
  return seatsLeft(event) === 0 ? t('gone') : t('onSale');
};

const Entry = ({ event }: { readonly event: EventDocument }) => {
  const prices = event.sections.map(({ priceMinor }) => priceMinor);
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  return (
    <li class="entry">
      <a class="stub" href={`/e/${event.eventId}`}>
        <span class="stub-main">
          <span class="stub-name">{event.name}</span>
          <span class="quiet">{event.venue}</span>
          <span class="small">{stateOf(event)}</span>
        </span>
        <span class="stub-price">
          <span>{money(low, event.currency)}</span>
          {low === high ? null : <span class="quiet small">– {money(high, event.currency)}</span>}
        </span>
      </a>
    </li>
  );
};

/** What is on sale here. */
export const EventList = () => {
  useEffect(() => void load(), []);
  const known = events.value;
  return (
    <section class="stack loose narrow">
      <Heading>{t('events')}</Heading>
      {typeof known === 'string' ? (
        <p role="status">{t(known === 'loading' ? 'loading' : 'networkGone')}</p>
      ) : known.length === 0 ? (
        <p>{t('noEvents')}</p>
      ) : (
        <ul class="stack">
          {known.map((event) => (
            <Entry key={event.eventId} event={event} />
          ))}
        </ul>
      )}
    </section>
  );
};
