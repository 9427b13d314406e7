import { useEffect } from 'preact/hooks';
import type { EventDocument } from '../../shared/documents.ts';
import { announce } from '../announcer.tsx';
import { OtherDevice } from '../recovery/other-device.tsx';
import { number, sayReason, span } from '../say.ts';
import { servingFor, type Standing } from '../state/stage.ts';
import type { Visit } from '../state/visit.ts';
import { t } from '../texts.ts';
import { Heading, Note, ProblemNote } from '../ui.tsx';
import { DrawLink } from './draw-link.tsx';
import { Prices } from './prices.tsx';

/** How often a screen reader hears how many are in front. */
const FAR_EVERY_MS = 45_000;
const NEAR_EVERY_MS = 12_000;
const NEAR = 10;

const sayEta = (eta: Standing['eta']): string => {
  if (eta === null) return t('etaUnknown');
  const [least, most] = [span(eta.p10Seconds), span(eta.p90Seconds)];
  return least === most ? t('etaShort', { most }) : t('eta', { least, most });
};

const OUTLOOKS = {
  likely: 'outlookLikely',
  uncertain: 'outlookUncertain',
  standby: 'outlookStandby',
} as const;

interface WaitingProps {
  readonly visit: Visit;
  readonly event: EventDocument;
}

const Progress = ({ visit }: { readonly visit: Visit }) => {
  const frame = visit.frame.value;
  const mine = visit.standing.value?.number ?? visit.place.value?.number ?? 0;
  if (frame === null || !frame.drawn || mine < 1) return null;
  const called = servingFor(frame, visit.place.value, visit.standing.value);
  return (
    <div class="track">
      <progress max={mine} value={Math.min(mine, called)} aria-label={t('progress')} />
      <p class="row apart small">
        <span>
          {t('progress')}: <strong>{number(called)}</strong>
        </span>
        <span>
          {t('yourNumber')}: <strong>{number(mine)}</strong>
        </span>
      </p>
    </div>
  );
};

/** The number in front, as large as the window allows: it is why people look. */
const Ahead = ({ visit }: { readonly visit: Visit }) => {
  const ahead = visit.ahead.value;
  const drawn = visit.frame.value?.drawn !== false;
  if (ahead === null) return <p role="status">{t('loading')}</p>;
  if (drawn && ahead === 0) return <p class="lead strong">{t('nobodyAhead')}</p>;
  // Until the draw nobody is in front of anybody: all who have joined, this fan among them.
  const count = drawn ? ahead : ahead + 1;
  return (
    <p class="ahead">
      <span class="ahead-number">{number(count)}</span>
      <span class="ahead-words">{t(drawn ? 'peopleAhead' : 'entrants', { count })}</span>
    </p>
  );
};

/** The waiting room: how many are in front, how long it may take and why, and that nobody has to sit here. */
export const Waiting = ({ visit, event }: WaitingProps) => {
  const mine = visit.standing.value?.lane ?? visit.place.value?.lane;
  const lane = event.lanes?.find(({ id }) => id === mine);
  const ahead = visit.ahead.value;
  const frame = visit.frame.value;
  const isDrawn = frame?.drawn !== false;
  useEffect(() => {
    if (ahead === null || !isDrawn) return;
    announce(
      ahead === 0 ? t('nobodyAhead') : t('announceAhead', { count: ahead }),
      ahead <= NEAR ? NEAR_EVERY_MS : FAR_EVERY_MS,
    );
  }, [ahead, isDrawn]);
  return (
    <article class="split">
      <div class="stack loose">
        <header class="stack tight">
          <p class="kicker">{event.name}</p>
          <Heading tab={ahead === null || !isDrawn ? event.name : `${number(ahead)} · ${event.name}`}>
            {t('waitingTitle')}
          </Heading>
          {lane === undefined ? null : (
            <>
              <p class="tag self-start">{t('lane', { name: lane.name })}</p>
              <p class="small quiet">{t('laneText')}</p>
            </>
          )}
        </header>
        <div class="numbers">
          <Ahead visit={visit} />
          <Progress visit={visit} />
          <dl class="facts">
            <div>
              <dt>{t('etaTitle')}</dt>
              <dd>{sayEta(visit.standing.value?.eta ?? null)}</dd>
            </div>
            {visit.standing.value?.outlook ? (
              <div>
                <dt>{t('outlookTitle')}</dt>
                <dd>{t(OUTLOOKS[visit.standing.value.outlook.code])}</dd>
              </div>
            ) : null}
            <div>
              <dt>{t('whyTitle')}</dt>
              <dd>{frame === null ? t('loading') : sayReason(frame)}</dd>
            </div>
          </dl>
        </div>
        {isDrawn ? null : (
          <Note tone="plain">
            <p>{t('notDrawn')}</p>
          </Note>
        )}
        {frame?.message ? (
          <Note tone="plain">
            <p class="strong">{t('messageTitle')}</p>
            <p>{frame.message.text}</p>
          </Note>
        ) : null}
        {visit.stale.value ? (
          <Note tone="care">
            <p>{t('stale')}</p>
          </Note>
        ) : null}
        <ProblemNote problem={visit.problem.value} />
        <DrawLink eventId={visit.eventId} />
        <OtherDevice code={visit.place.value?.recoveryCode ?? ''} />
      </div>
      <aside class="card">
        <Prices event={event} />
      </aside>
    </article>
  );
};
