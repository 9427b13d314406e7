import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ask } from '../../shared/api.ts';
import type { EventDocument } from '../../shared/documents.ts';
import { calendarUrl } from '../calendar.ts';
import { HaveCode } from '../recovery/have-code.tsx';
import { readyTexts } from '../ready/texts.ts';
import { lazily } from '../router.tsx';
import { dateTime } from '../say.ts';
import { learnTime } from '../state/clock.ts';
import { canStore } from '../state/stored.ts';
import type { Visit } from '../state/visit.ts';
import { t } from '../texts.ts';
import { Heading, Note, ProblemNote } from '../ui.tsx';
import { Countdown } from './countdown.tsx';
import { Prices } from './prices.tsx';
import { Refused } from './refused.tsx';
import { ShowFacts } from './show-facts.tsx';

const Ready = lazily<DoorProps>(async () => {
  const [{ Ready: loaded }] = await Promise.all([import('../ready/ready.tsx'), readyTexts()]);
  return loaded;
});

type Answer = 'checking' | 'yes' | 'no';

const server = signal<Answer>('checking');

const checkServer = async (): Promise<void> => {
  const reply = await ask('GET', '/livez');
  if (reply.ok) learnTime(reply.at);
  server.value = reply.ok ? 'yes' : 'no';
};

const Check = ({ name, answer }: { readonly name: string; readonly answer: Answer }) => (
  <li class={`check ${answer}`}>
    <span aria-hidden="true">{answer === 'yes' ? '✓' : answer === 'no' ? '✕' : '…'}</span>
    <span>{name}</span>
    <span class="quiet small">{t(answer)}</span>
  </li>
);

/** Before the rush there is time to find out that a browser forgets everything. */
const ReadyCheck = () => {
  useEffect(() => void checkServer(), []);
  return (
    <section class="stack tight" aria-labelledby="ready">
      <h2 id="ready">{t('ready')}</h2>
      <ul class="checks">
        <Check name={t('readyServer')} answer={server.value} />
        <Check name={t('readyStore')} answer={canStore() ? 'yes' : 'no'} />
        <Check name={t('readyStream')} answer={'ReadableStream' in window ? 'yes' : 'no'} />
      </ul>
    </section>
  );
};

interface DoorProps {
  readonly visit: Visit;
  readonly event: EventDocument;
}

/** An event seen by somebody who is not in its line: what, when, how much, and the way in. */
export const Door = ({ visit, event }: DoorProps) => {
  const soon = visit.stage.value === 'soon';
  // Once it is open a join tells the same, and sooner; what it has to bring is asked for even then.
  const isAsked =
    soon || event.lanes !== undefined || visit.code.value !== '' || visit.codeProblem.value !== null;
  const [asked, ask] = useState(isAsked);
  if (isAsked && !asked) ask(true);
  return (
    <article class="split">
      <div class="stack loose">
        <header class="stack">
          <p class="kicker">{event.venue}</p>
          <Heading>{event.name}</Heading>
          <ShowFacts event={event} />
        </header>
        {soon ? (
          <section class="stack tight" aria-label={t('opensIn')}>
            <p class="quiet">{t('opensIn')}</p>
            <Countdown until={event.opensAt} />
            <p class="small">{t('opensAt', { when: dateTime(event.opensAt) })}</p>
          </section>
        ) : (
          <p class="tag good self-start">
            <span aria-hidden="true">●</span> {t('onSale')}
          </p>
        )}
        {event.phase === 'paused' ? (
          <Note tone="care">
            <p>{t('whyPaused')}</p>
          </Note>
        ) : null}
        <div class="stack">
          <p class="lead">{t(soon ? 'joinSoonText' : 'joinText')}</p>
          <div class="row">
            <button
              type="button"
              class="button primary big"
              disabled={visit.busy.value}
              onClick={() => void visit.join()}
            >
              {t(visit.proving.value ? 'proving' : 'join')}
            </button>
            {soon ? (
              <a
                class="button plain"
                href={calendarUrl({
                  uid: `opening-${event.eventId}`,
                  title: t('remindTitle', { name: event.name }),
                  place: event.venue,
                  startsAtMs: Date.parse(event.opensAt),
                  minutes: 30,
                  url: location.href,
                })}
                download="catraca.ics"
              >
                {t('remind')}
              </a>
            ) : null}
          </div>
          <ProblemNote problem={visit.codeProblem.value === null ? visit.problem.value : null} />
          <Refused visit={visit} />
          <HaveCode visit={visit} />
        </div>
        {asked ? <Ready visit={visit} event={event} /> : null}
        <ReadyCheck />
      </div>
      <aside class="card">
        <Prices event={event} />
      </aside>
    </article>
  );
};
