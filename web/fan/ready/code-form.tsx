import type { EventDocument } from '../../shared/documents.ts';
import type { Visit } from '../state/visit.ts';
import { Note } from '../ui.tsx';
import { sayCodeProblem } from './fixes.ts';
import type { ReadyCheck } from './readiness.ts';
import { readyText } from './texts.ts';

interface Props {
  readonly visit: Visit;
  readonly event: EventDocument;
  readonly check: ReadyCheck;
  /** What a code has opened already. */
  readonly granted: { readonly bypass: boolean; readonly lane: string | null } | null;
}

/** Whoever has a code enters it here and knows at once whether it is good; the join brings it, entered or not. */
export const CodeForm = ({ visit, event, check, granted }: Props) => {
  const asked = event.lanes?.some(({ access }) => access === 'code') === true;
  // A check forgets what the join said before it: what the join says is newer.
  const problem = visit.codeProblem.value ?? check.refused.value;
  if (granted !== null && problem === null)
    return (
      <Note tone="good">
        <p role="status">
          {granted.lane === null
            ? readyText('codeGoodBypass')
            : readyText('codeGood', { lane: granted.lane })}
        </p>
      </Note>
    );
  // A line without lanes takes codes as well, those of the box office: their holders come by a link.
  if (!asked && visit.code.value === '' && problem === null) return null;
  const submit = (event: Event): void => {
    event.preventDefault();
    const code = visit.code.value.trim();
    if (code !== '') void check.bring(code);
  };
  return (
    <form class="stack tight code-form" aria-labelledby="code-title" onSubmit={submit}>
      <h2 id="code-title">{readyText('codeTitle')}</h2>
      <p class="small">{readyText('codeText')}</p>
      <div class="field">
        <label for="access-code">{readyText('codeLabel')}</label>
        <input
          id="access-code"
          type="text"
          name="access-code"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          required
          maxLength={200}
          aria-describedby="access-code-hint"
          aria-invalid={problem !== null}
          value={visit.code.value}
          onInput={({ currentTarget }) => (visit.code.value = currentTarget.value)}
        />
        <p id="access-code-hint" class="hint">
          {readyText('codeHint')}
        </p>
      </div>
      {problem === null ? null : (
        <Note tone="bad" alert>
          <p>{sayCodeProblem(problem)}</p>
        </Note>
      )}
      <p>
        <button type="submit" class="button" disabled={check.busy.value}>
          {readyText(check.busy.value ? 'codeSending' : 'codeSend')}
        </button>
      </p>
    </form>
  );
};
