import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { insist } from '../../shared/api.ts';
import type { EventDocument, LiveNumbers } from '../../shared/documents.ts';
import { AuditTrail } from '../audit/audit-trail.tsx';
import { Link, pathTo } from '../router.tsx';
import { Outcome, Screen } from '../screen.tsx';
import { mayAct } from '../session.ts';
import { Steering } from '../steer/steering.tsx';
import { t } from '../texts.ts';
import { Charts } from './charts.tsx';
import { feedOf } from './feed.ts';
import { Details, Flow } from './figures.tsx';
import { Freshness } from './freshness.tsx';
import { isCalm, limitText } from './limit.ts';
import { PhaseTag } from './phase-tag.tsx';
import { Sections } from './sections.tsx';

const Binding = ({ numbers }: { readonly numbers: LiveNumbers }) => {
  const calm = isCalm(numbers.limit);
  return (
    <p class={`note binding ${calm ? '' : 'care'}`}>
      <span aria-hidden="true">{calm ? '→' : '!'}</span>
      <span>
        <span class="label">{t('binds')}</span> <strong>{limitText(numbers.limit)}</strong>
      </span>
    </p>
  );
};

/** One event while it sells: what happens, what limits it, and the hand on the gate. */
export const LiveScreen = ({ eventId }: { readonly eventId: string }) => {
  const feed = feedOf(eventId);
  const event = useSignal<EventDocument | null>(null);
  const missing = useSignal(false);
  useEffect(() => {
    const read = async (): Promise<void> => {
      const reply = await insist<EventDocument>('GET', `/v1/events/${eventId}`);
      if (reply.ok) event.value = reply.body;
      else missing.value = reply.problem.code === 'not_found';
    };
    void read();
  }, [eventId]);

  const numbers = feed.numbers.value;
  const { name = t('event'), venue = '' } = event.value ?? {};
  if (missing.value) {
    return (
      <Screen title={t('lost')}>
        <Outcome tone="bad" text={t('gone')} />
      </Screen>
    );
  }
  return (
    <Screen
      title={name}
      aside={
        <div class="row">
          <span class="quiet">{venue}</span>
          {numbers === null ? null : <PhaseTag phase={numbers.phase} />}
          <Freshness feed={feed} />
          <Link class="button small" to={pathTo.lanes(eventId)}>
            {t('lanesAndCodes')}
          </Link>
          <Link class="button small" to={pathTo.edit(eventId)}>
            {mayAct.value ? t('definitionEdit') : t('definitionSee')}
          </Link>
        </div>
      }
    >
      {numbers === null ? (
        <p class="quiet">{t('connecting')}</p>
      ) : (
        <>
          <Binding numbers={numbers} />
          <Flow numbers={numbers} history={feed.history.value} />
          <div class="columns">
            <div class="hand">
              <Steering numbers={numbers} />
            </div>
            <div class="stack loose picture">
              <section aria-labelledby="hour">
                <h2 id="hour" class="unseen">
                  {t('hour')}
                </h2>
                <Charts history={feed.history.value} />
              </section>
              <Sections numbers={numbers} event={event.value} />
            </div>
            <div class="stack beside">
              <section class="card stack" aria-labelledby="details">
                <h2 id="details">{t('details')}</h2>
                <Details numbers={numbers} />
              </section>
              <section class="card stack" aria-labelledby="trail">
                <h2 id="trail">{t('auditOfEvent')}</h2>
                <AuditTrail target={eventId} limit={6} version={numbers.admission.version} />
              </section>
            </div>
          </div>
        </>
      )}
    </Screen>
  );
};
