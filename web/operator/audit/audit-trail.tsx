import { useSignal } from '@preact/signals';
import { language, LOCALES } from '../../shared/texts.ts';
import { useRefresh } from '../refresh.ts';
import { call } from '../session.ts';
import { t } from '../texts.ts';
import type lanesPt from '../text/lanes/pt.ts';
import type pt from '../text/pt.ts';

export interface AuditEntry {
  readonly at: string;
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly requestId: string;
}

type ActKey = Extract<keyof typeof pt | keyof typeof lanesPt, `act_${string}`>;

const ACTS: Readonly<Record<string, ActKey>> = {
  'event.create': 'act_event_create',
  'event.edit': 'act_event_edit',
  'event.phase': 'act_event_phase',
  'event.message': 'act_event_message',
  'admission.turn': 'act_admission_turn',
  'launch.plan': 'act_admission_schedule',
  'actor.kill': 'act_actor_kill',
  'lanes.set': 'act_lanes_set',
  'codes.make': 'act_codes_make',
  'code.revoke': 'act_code_revoke',
  'invitations.set': 'act_invitations_set',
  'queue.redrive': 'act_queue_redrive',
  'review.resolve': 'act_review_resolve',
};

/** An act in the operator's language; one that this console does not know, in the server's word. */
export const actText = (action: string): string => {
  const key = ACTS[action];
  return key === undefined ? action : t(key);
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const said = (value: unknown): string => {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'number') return new Intl.NumberFormat(LOCALES[language.value]).format(value);
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  return typeof value === 'string' ? value : JSON.stringify(value);
};

interface Difference {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Member by member, only what differs; the counter of versions says nothing to people. */
export const differences = (before: unknown, after: unknown): readonly Difference[] => {
  if (!isRecord(before) && !isRecord(after)) return [];
  const [old, now] = [isRecord(before) ? before : {}, isRecord(after) ? after : {}];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => name !== 'version' && JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map((name) => ({ name, before: said(old[name]), after: said(now[name]) }));
};

/** Of a whole definition, its members alone: the audit is read in a glance. */
const SHOWN = 4;
const LONGEST = 60;

const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

export const Change = ({ before, after }: Pick<AuditEntry, 'before' | 'after'>) => {
  const all = differences(before, after);
  if (all.length === 0) return <span class="quiet">–</span>;
  return (
    <ul class="change">
      {all.slice(0, SHOWN).map((one) => (
        <li key={one.name}>
          <span class="quiet">{one.name}</span>{' '}
          {isRecord(before) ? (
            <>
              <del>
                <span class="unseen">{t('before')}</span>
                {shortened(one.before)}
              </del>{' '}
              <span aria-hidden="true">→</span>{' '}
            </>
          ) : null}
          <ins>
            <span class="unseen">{t('after')}</span>
            {shortened(one.after)}
          </ins>
        </li>
      ))}
    </ul>
  );
};

export const moment = (iso: string): string =>
  new Intl.DateTimeFormat(LOCALES[language.value], {
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(new Date(iso));

const ASKED = 200;

/** The newest acts upon one thing. `version` makes it look again at once when something was turned. */
export const AuditTrail = (props: {
  readonly target: string;
  readonly limit: number;
  readonly version: number;
}) => {
  const entries = useSignal<readonly AuditEntry[] | null>(null);
  useRefresh(
    async () => {
      const reply = await call<{ entries: AuditEntry[] }>('GET', `/v1/operator/audit?limit=${ASKED}`);
      if (reply.ok) entries.value = reply.body.entries;
    },
    10_000,
    props.version,
  );
  const mine = (entries.value ?? []).filter(({ target }) => target === props.target).slice(0, props.limit);
  if (mine.length === 0) return <p class="quiet">{t('auditEmpty')}</p>;
  return (
    <ol class="trail">
      {mine.map((entry) => (
        <li key={entry.requestId + entry.action}>
          <span class="small quiet">
            <time dateTime={entry.at}>{moment(entry.at)}</time> · {entry.actor}
          </span>
          <strong>{actText(entry.action)}</strong>
          <Change before={entry.before} after={entry.after} />
        </li>
      ))}
    </ol>
  );
};
