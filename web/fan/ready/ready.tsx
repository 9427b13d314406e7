import { useEffect, useState } from 'preact/hooks';
import type { EventDocument } from '../../shared/documents.ts';
import type { Visit } from '../state/visit.ts';
import { Note } from '../ui.tsx';
import { CodeForm } from './code-form.tsx';
import { sayFix } from './fixes.ts';
import { LaneChoice } from './lane-choice.tsx';
import { createReadyCheck, type Readiness, type ReadyCheck } from './readiness.ts';
import { readyText } from './texts.ts';
import './ready.css';

type Check = Readiness['checks'][number];

/** The name of the lane that a code or an invitation has opened for this fan; null: none was needed. */
const grantedLane = (event: EventDocument, report: Readiness): string | null =>
  event.lanes?.find(({ id, access }) => id === report.lane && access === 'code')?.name ?? null;

const NAMES = {
  sign_in: 'checkSignIn',
  sale: 'checkSale',
  access: 'checkAccess',
  door: 'checkDoor',
} as const;

const sayCheck = (check: Check, event: EventDocument, report: Readiness): string => {
  if (check.check === 'access' && check.ok) {
    const lane = grantedLane(event, report);
    if (report.bypass) return readyText('checkBypass');
    if (lane !== null) return readyText('checkCode', { lane });
  }
  return readyText(NAMES[check.check]);
};

const Line = ({ check, event, report }: { check: Check; event: EventDocument; report: Readiness }) => (
  <li class={`check ${check.ok ? 'yes' : 'no'}`}>
    <span aria-hidden="true">{check.ok ? '✓' : '✕'}</span>
    {check.ok || check.code === null ? (
      <span>{sayCheck(check, event, report)}</span>
    ) : (
      <strong>{sayFix({ code: check.code })}</strong>
    )}
  </li>
);

const Verdict = ({ report }: { readonly report: Readiness }) => {
  const proof = report.checks.some(({ code, ok }) => ok && code === 'proof_required');
  return (
    <Note tone={report.ready ? 'good' : 'care'}>
      <p role="status">{readyText(report.ready ? (proof ? 'isReadyProof' : 'isReady') : 'notReady')}</p>
    </Note>
  );
};

const Checks = ({ check, event }: { readonly check: ReadyCheck; readonly event: EventDocument }) => {
  const report = check.report.value;
  return (
    <section class="stack tight" aria-labelledby="ready-server">
      <h2 id="ready-server">{readyText('checks')}</h2>
      {check.failed.value ? (
        <Note tone="care">
          <p role="status">{readyText('notChecked')}</p>
        </Note>
      ) : null}
      {report === null ? null : (
        <>
          <Verdict report={report} />
          <ul class="checks">
            {report.checks.map((one) => (
              <Line key={one.check} check={one} event={event} report={report} />
            ))}
          </ul>
        </>
      )}
      <button
        type="button"
        class="button small self-start"
        aria-disabled={check.busy.value}
        onClick={() => void check.look()}
      >
        {readyText(check.busy.value ? 'codeSending' : 'again')}
      </button>
    </section>
  );
};

interface Props {
  readonly visit: Visit;
  readonly event: EventDocument;
}

/** What could fail after the wait is told, and can be set right, before it: sign-in, limits, the code, the lane. */
export const Ready = ({ visit, event }: Props) => {
  const [check] = useState(() => createReadyCheck(visit));
  useEffect(() => void check.look(), []);
  const report = check.report.value;
  const granted = report !== null && (report.bypass || grantedLane(event, report) !== null);
  return (
    <div class="stack ready">
      <LaneChoice visit={visit} lanes={granted ? [] : (event.lanes ?? [])} />
      <CodeForm
        visit={visit}
        event={event}
        check={check}
        granted={
          granted && report !== null ? { bypass: report.bypass, lane: grantedLane(event, report) } : null
        }
      />
      <Checks check={check} event={event} />
    </div>
  );
};
