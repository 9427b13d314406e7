import { useSignal } from '@preact/signals';
import type { EventDocument } from '../../shared/documents.ts';
import { problemText } from '../problem-text.ts';
import { useRefresh } from '../refresh.ts';
import { Link, pathTo } from '../router.tsx';
import { Outcome, Screen } from '../screen.tsx';
import { call } from '../session.ts';
import { t } from '../texts.ts';
import { actText, Change, moment, type AuditEntry } from './audit-trail.tsx';

const LIMIT = 500;

const matches = (entry: AuditEntry, target: string, wanted: string): boolean =>
  [entry.actor, entry.action, actText(entry.action), target, entry.requestId].some((text) =>
    text.toLowerCase().includes(wanted.toLowerCase()),
  );

/** Who did what, when; old → new. */
export const AuditScreen = () => {
  const entries = useSignal<readonly AuditEntry[] | null>(null);
  const events = useSignal<ReadonlyMap<string, string>>(new Map());
  const problem = useSignal<string | null>(null);
  const wanted = useSignal('');
  useRefresh(async () => {
    const [audit, listed] = await Promise.all([
      call<{ entries: AuditEntry[] }>('GET', `/v1/operator/audit?limit=${LIMIT}`),
      call<{ events: EventDocument[] }>('GET', '/v1/events'),
    ]);
    problem.value = audit.ok ? null : problemText(audit.problem);
    if (audit.ok) entries.value = audit.body.entries;
    if (listed.ok) events.value = new Map(listed.body.events.map(({ eventId, name }) => [eventId, name]));
  }, 5_000);

  const nameOf = (target: string): string => events.value.get(target) ?? target;
  const shown = (entries.value ?? []).filter((entry) => matches(entry, nameOf(entry.target), wanted.value));
  return (
    <Screen title={t('audit')}>
      <div class="field search">
        <label for="search">{t('search')}</label>
        <input
          id="search"
          type="search"
          value={wanted.value}
          onInput={(event) => (wanted.value = event.currentTarget.value)}
        />
      </div>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      <div class="scroll" tabIndex={0} role="group" aria-label={t('audit')}>
        <table class="plain wide">
          <thead>
            <tr>
              <th scope="col">{t('when')}</th>
              <th scope="col">{t('who')}</th>
              <th scope="col">{t('what')}</th>
              <th scope="col">{t('target')}</th>
              <th scope="col">{t('oldToNew')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((entry) => (
              <tr key={entry.requestId + entry.action + entry.target}>
                <td>
                  <time dateTime={entry.at}>{moment(entry.at)}</time>
                </td>
                <td>
                  {entry.actor} <span class="quiet small">{entry.role}</span>
                </td>
                <td>{actText(entry.action)}</td>
                <td class="target">
                  {events.value.has(entry.target) ? (
                    <Link to={pathTo.live(entry.target)}>{nameOf(entry.target)}</Link>
                  ) : (
                    entry.target
                  )}
                </td>
                <td>
                  <Change before={entry.before} after={entry.after} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {entries.value !== null && shown.length === 0 ? <p class="quiet">{t('auditEmpty')}</p> : null}
    </Screen>
  );
};
