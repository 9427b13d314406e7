import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Problem } from '../../shared/api.ts';
import { LaneFields } from '../lanes/lane-fields.tsx';
import { problemText } from '../problem-text.ts';
import { go, Link, pathTo } from '../router.tsx';
import { Outcome, Screen } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';
import {
  changeOf,
  definitionOf,
  draftOf,
  emptyDraft,
  emptySection,
  type Definition,
  type Draft,
} from './draft.ts';
import { EventFields } from './event-fields.tsx';
import { ExportButton, ImportButton } from './files.tsx';
import { RowsMap } from './rows-map.tsx';
import { SectionFields } from './section-fields.tsx';
import { ShowFields } from './show-fields.tsx';

interface Told {
  readonly text: string;
  readonly tone: 'good' | 'bad';
  /** What the server finds wrong, place by place. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const refusedAs = (problem: Problem): Told => {
  const { errors } = problem as Problem & Pick<Told, 'errors'>;
  const text = problem.code === 'event_opened' ? t('eventOpened') : problemText(problem);
  return { text, tone: 'bad', ...(errors === undefined ? {} : { errors }) };
};

const Sections = (props: {
  readonly draft: Signal<Draft>;
  readonly locked: boolean;
  readonly fixed: boolean;
}) => {
  const { draft, locked, fixed } = props;
  const { sections, currency } = draft.value;
  return (
    <section class="stack" aria-labelledby="sections-title">
      <h2 id="sections-title">{t('sections')}</h2>
      {fixed ? <p class="quiet">{t('sectionsFixed')}</p> : null}
      {sections.map((section) => (
        <SectionFields
          key={section.key}
          section={section}
          currency={currency}
          locked={locked}
          fixed={fixed}
          onChange={(change) => {
            draft.value = {
              ...draft.value,
              sections: draft.value.sections.map((one) =>
                one.key === section.key ? { ...one, ...change } : one,
              ),
            };
          }}
          onRemove={
            fixed || locked || sections.length === 1
              ? null
              : () => {
                  draft.value = {
                    ...draft.value,
                    sections: draft.value.sections.filter((one) => one.key !== section.key),
                  };
                }
          }
        />
      ))}
      {fixed || locked ? null : (
        <div>
          <button
            class="button small"
            type="button"
            onClick={() => {
              draft.value = { ...draft.value, sections: [...sections, emptySection(sections.length)] };
            }}
          >
            {t('sectionAdd')}
          </button>
        </div>
      )}
    </section>
  );
};

/** An event's definition: made, brought in from a file, taken out to one, and changed as far as it may be. */
export const EditScreen = ({ eventId }: { readonly eventId: string | null }) => {
  const draft = useSignal<Draft>(emptyDraft(Date.now()));
  const stored = useSignal<Definition | null>(null);
  const told = useSignal<Told | null>(null);
  const sending = useSignal(false);
  useEffect(() => {
    if (eventId === null) return;
    const read = async (): Promise<void> => {
      const reply = await call<Definition>('GET', `/v1/operator/events/${eventId}/definition`);
      if (!reply.ok) {
        told.value = refusedAs(reply.problem);
        return;
      }
      stored.value = reply.body;
      draft.value = draftOf(reply.body);
    };
    void read();
  }, [eventId]);

  const create = async (): Promise<void> => {
    const reply = await call<{ eventId: string }>('POST', '/v1/operator/events', definitionOf(draft.value));
    if (reply.ok) go(pathTo.live(reply.body.eventId));
    else told.value = refusedAs(reply.problem);
  };
  const change = async (before: Definition): Promise<void> => {
    const body = changeOf(before, draft.value);
    if (Object.keys(body).length === 0) {
      told.value = { text: t('nothingChanged'), tone: 'good' };
      return;
    }
    const reply = await call<Definition>('PATCH', `/v1/operator/events/${eventId ?? ''}`, body);
    told.value = reply.ok ? { text: t('saved'), tone: 'good' } : refusedAs(reply.problem);
    if (reply.ok) stored.value = reply.body;
  };
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!mayAct.value || sending.value) return;
    sending.value = true;
    await (stored.value === null ? create() : change(stored.value));
    sending.value = false;
  };

  const fixed = eventId !== null;
  const locked = !mayAct.value;
  // What was typed before the definition came would be overwritten by it, and Save would make another event.
  if (fixed && stored.value === null)
    return (
      <Screen title={t('event')}>
        {told.value === null ? null : <Outcome tone={told.value.tone} text={told.value.text} />}
      </Screen>
    );
  return (
    <Screen
      title={stored.value?.name ?? t('eventNew')}
      aside={
        <div class="row">
          {eventId === null ? null : (
            <Link class="button small" to={pathTo.live(eventId)}>
              {t('live')}
            </Link>
          )}
          {eventId === null ? null : (
            <Link class="button small" to={pathTo.lanes(eventId)}>
              {t('lanesAndCodes')}
            </Link>
          )}
          {fixed || locked ? null : (
            <ImportButton
              onDefinition={(definition) => {
                draft.value = draftOf(definition);
                told.value = { text: t('imported', { name: definition.name }), tone: 'good' };
              }}
              onWrong={() => {
                told.value = { text: t('importWrong'), tone: 'bad' };
              }}
            />
          )}
          <ExportButton definition={() => stored.value ?? definitionOf(draft.value)} />
        </div>
      }
    >
      {locked ? <Outcome tone="care" text={t('readOnly')} /> : null}
      <form class="definition" onSubmit={(event: SubmitEvent) => void send(event)}>
        <div class="stack loose">
          <EventFields draft={draft} locked={locked} fixed={fixed} />
          <ShowFields draft={draft} locked={locked} />
          {fixed ? null : (
            <section class="stack" aria-labelledby="lanes-title">
              <h2 id="lanes-title">{t('lanes')}</h2>
              <LaneFields
                lanes={draft.value.lanes}
                locked={locked}
                fixedCount={0}
                onChange={(lanes) => (draft.value = { ...draft.value, lanes })}
              />
            </section>
          )}
          <Sections draft={draft} locked={locked} fixed={fixed} />
          {told.value === null ? null : (
            <div class="stack tight">
              <Outcome tone={told.value.tone} text={told.value.text} />
              <ul class="small">
                {told.value.errors?.map(({ path, message }) => (
                  <li key={path + message}>
                    <code>{path}</code> {message}
                  </li>
                ))}
              </ul>
            </div>
          )}
          {locked ? null : (
            <div>
              <button class="button primary" type="submit" aria-disabled={sending.value}>
                {t(fixed ? 'save' : 'create')}
              </button>
            </div>
          )}
        </div>
        <RowsMap sections={draft.value.sections} />
      </form>
    </Screen>
  );
};
