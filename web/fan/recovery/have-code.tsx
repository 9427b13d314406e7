import { useSignal } from '@preact/signals';
import { newKey, type Problem } from '../../shared/api.ts';
import { orders } from '../state/basket.ts';
import type { Visit } from '../state/visit.ts';
import { t } from '../texts.ts';
import { Note } from '../ui.tsx';
import './recovery.css';

const WORDS = {
  recovery_code_invalid: 'codeInvalid',
  invalid_request: 'codeInvalid',
  recovery_code_used: 'codeUsed',
  recovery_code_expired: 'codeExpired',
  recovery_needs_account: 'codeAccount',
  rate_limited: 'codeTooMany',
} as const;

const sayRefusal = ({ code }: Problem): string =>
  t(
    (WORDS as Readonly<Partial<Record<Problem['code'], (typeof WORDS)[keyof typeof WORDS]>>>)[code] ??
      'codeBusy',
  );

/** Where a code is typed that another device shows. */
const CodeForm = ({ visit }: { readonly visit: Visit }) => {
  const code = useSignal('');
  const problem = useSignal<Problem | null>(null);
  const asked = useSignal({ code: '', key: '' });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    // The same code again is the same wish: an answer that was lost is given again.
    if (asked.value.code !== code.value) asked.value = { code: code.value, key: newKey() };
    problem.value = await visit.recover(code.value, asked.value.key);
  };
  const wrong = problem.value !== null;
  return (
    <form class="stack tight" onSubmit={(event) => void submit(event)}>
      <div class="field">
        <label for="recovery-code">{t('codeLabel')}</label>
        <input
          id="recovery-code"
          type="text"
          name="recovery-code"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          required
          maxLength={64}
          aria-describedby="code-hint"
          aria-invalid={wrong}
          value={code.value}
          onInput={({ currentTarget }) => (code.value = currentTarget.value)}
        />
        <p id="code-hint" class="hint">
          {t('codeHint')}
        </p>
      </div>
      {orders.value.length > 0 ? <p class="small">{t('otherGuest')}</p> : null}
      {problem.value === null ? null : (
        <Note tone="bad" alert>
          <p>{sayRefusal(problem.value)}</p>
        </Note>
      )}
      <p>
        <button type="submit" class="button" disabled={visit.busy.value}>
          {t(visit.busy.value ? 'goingOn' : 'goOn')}
        </button>
      </p>
    </form>
  );
};

/** A fan whose place is on another device comes in here. */
export const HaveCode = ({ visit, open = false }: { readonly visit: Visit; readonly open?: boolean }) => (
  <details class="have-code" open={open}>
    <summary>{t('haveCode')}</summary>
    <p class="small">{t('haveCodeText')}</p>
    <CodeForm visit={visit} />
  </details>
);
