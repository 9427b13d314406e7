import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { moment } from '../audit/audit-trail.tsx';
import { confirmed } from '../confirm.tsx';
import { problemText } from '../problem-text.ts';
import { Outcome } from '../screen.tsx';
import { call, mayAct } from '../session.ts';
import { t } from '../texts.ts';
import type { Lane } from './lane-draft.ts';
import { MakeCodes } from './make-codes.tsx';

interface CodeUsage {
  readonly codeId: string;
  readonly lane: string | null;
  readonly label: string;
  readonly usesMax: number | null;
  readonly uses: number;
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  readonly revokedAt: string | null;
}

interface Listing {
  readonly codes: readonly CodeUsage[];
  readonly next: string | null;
  readonly totals: { readonly codes: number; readonly redemptions: number; readonly bypasses: number };
}

const PAGE = 100;

const sayWindow = ({ startsAt, endsAt }: CodeUsage): string => {
  if (startsAt !== null && endsAt !== null)
    return t('codeFromTo', { from: moment(startsAt), to: moment(endsAt) });
  if (startsAt !== null) return t('codeFrom', { from: moment(startsAt) });
  return endsAt === null ? t('codeAlways') : t('codeTo', { to: moment(endsAt) });
};

const CodeRow = (props: {
  readonly code: CodeUsage;
  readonly opens: string;
  readonly onRevoke: (code: CodeUsage, name: string) => void;
}) => {
  const { code, opens, onRevoke } = props;
  const name = code.label === '' ? code.codeId.slice(-8) : code.label;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{opens}</td>
      <td>{code.usesMax === null ? code.uses : t('codeUsesOf', { uses: code.uses, most: code.usesMax })}</td>
      <td>{sayWindow(code)}</td>
      <td>
        {code.revokedAt !== null ? (
          t('codeRevoked', { at: moment(code.revokedAt) })
        ) : mayAct.value ? (
          <button
            class="button small"
            type="button"
            aria-label={t('codeRevokeNamed', { name })}
            onClick={() => onRevoke(code, name)}
          >
            {t('codeRevoke')}
          </button>
        ) : null}
      </td>
    </tr>
  );
};

/** The access codes of an event: made here, watched, and withdrawn. The codes themselves are kept nowhere. */
export const Codes = ({ eventId, lanes }: { readonly eventId: string; readonly lanes: readonly Lane[] }) => {
  const listing = useSignal<Listing | null>(null);
  const problem = useSignal<string | null>(null);
  const path = `/v1/operator/events/${eventId}/codes`;
  const load = async (after: string | null): Promise<void> => {
    const reply = await call<Listing>(
      'GET',
      `${path}?limit=${PAGE}${after === null ? '' : `&after=${after}`}`,
    );
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (!reply.ok) return;
    const before = after === null ? [] : (listing.value?.codes ?? []);
    listing.value = { ...reply.body, codes: [...before, ...reply.body.codes] };
  };
  useEffect(() => void load(null), [eventId]);
  const revoke = async ({ codeId }: CodeUsage, name: string): Promise<void> => {
    const sure = await confirmed({
      title: t('codeRevokeNamed', { name }),
      text: t('codeRevokeText'),
      act: t('codeRevoke'),
    });
    if (!sure) return;
    const reply = await call<CodeUsage>('POST', `${path}/${codeId}/revocation`);
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (!reply.ok || listing.value === null) return;
    const { codes } = listing.value;
    listing.value = {
      ...listing.value,
      codes: codes.map((one) => (one.codeId === codeId ? reply.body : one)),
    };
  };
  const nameOf = (laneId: string | null): string =>
    laneId === null ? t('codeBypass') : (lanes.find(({ id }) => id === laneId)?.name ?? laneId);
  const { codes = [], next = null, totals } = listing.value ?? {};
  return (
    <section class="stack" aria-labelledby="codes-title">
      <h2 id="codes-title">{t('codes')}</h2>
      <p class="quiet">{t('codesText')}</p>
      {mayAct.value ? <MakeCodes path={path} lanes={lanes} onMade={() => void load(null)} /> : null}
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      {totals === undefined ? null : <p class="strong">{t('codesTotals', totals)}</p>}
      {listing.value !== null && codes.length === 0 ? <p class="quiet">{t('codesNone')}</p> : null}
      {codes.length === 0 ? null : (
        <div class="codes-table" tabIndex={0} role="region" aria-label={t('codesTable')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('codeLabel')}</th>
                <th scope="col">{t('codeFor')}</th>
                <th scope="col">{t('codeUses')}</th>
                <th scope="col">{t('codeWindow')}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {codes.map((code) => (
                <CodeRow
                  key={code.codeId}
                  code={code}
                  opens={nameOf(code.lane)}
                  onRevoke={(one, name) => void revoke(one, name)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {next === null ? null : (
        <div>
          <button class="button small" type="button" onClick={() => void load(next)}>
            {t('codesMore')}
          </button>
        </div>
      )}
    </section>
  );
};
