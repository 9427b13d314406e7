import { useSignal } from '@preact/signals';
import { instantOf } from '../define/local-time.ts';
import { problemText } from '../problem-text.ts';
import { Outcome } from '../screen.tsx';
import { call } from '../session.ts';
import { t } from '../texts.ts';
import type { Lane } from './lane-draft.ts';
import { linesOf } from './lines.ts';

/** No lane has an empty id: so the choice of none may stand for going past the line. */
const BYPASS = '';
const MOST = 5_000;

interface Made {
  readonly created: number;
  readonly codes: readonly string[];
}

const orderOf = (form: FormData): object => {
  const text = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const own = linesOf(text('own'));
  const opens = text('opens');
  return {
    ...(opens === BYPASS ? { bypass: true } : { lane: opens }),
    label: text('label'),
    usesMax: text('usesMax') === '' ? null : Number(text('usesMax')),
    startsAt: text('startsAt') === '' ? null : instantOf(text('startsAt')),
    endsAt: text('endsAt') === '' ? null : instantOf(text('endsAt')),
    ...(own.length > 0 ? { codes: own } : { count: Number(text('count')) }),
  };
};

/** The codes that were made: here and now, and never again. */
const NewCodes = ({ made }: { readonly made: Made }) => {
  const text = made.codes.join('\n');
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([`${text}\n`], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'codes.txt';
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <div class="stack tight new-codes">
      <Outcome
        tone="good"
        text={`${t('codesMade', { count: made.created })}${made.codes.length === 0 ? '' : `. ${t('codesMadeText')}`}`}
      />
      {made.codes.length === 0 ? null : (
        <>
          <div class="field">
            <label for="new-codes">{t('codesMadeList')}</label>
            <textarea id="new-codes" readOnly rows={Math.min(8, made.codes.length + 1)} value={text} />
          </div>
          <div>
            <button class="button small" type="button" onClick={save}>
              {t('codesDownload')}
            </button>
          </div>
        </>
      )}
    </div>
  );
};

/** Makes one code or thousands, or takes those that were printed elsewhere. */
export const MakeCodes = (props: {
  readonly path: string;
  readonly lanes: readonly Lane[];
  readonly onMade: () => void;
}) => {
  const made = useSignal<Made | null>(null);
  const problem = useSignal<string | null>(null);
  const sending = useSignal(false);
  const make = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (sending.value) return;
    sending.value = true;
    const order = orderOf(new FormData(event.currentTarget as HTMLFormElement));
    const reply = await call<Made>('POST', props.path, order);
    sending.value = false;
    problem.value = reply.ok ? null : problemText(reply.problem);
    if (!reply.ok) return;
    made.value = reply.body;
    props.onMade();
  };
  const field = (name: string, label: string, more: object, hint?: string) => (
    <div class="field">
      <label for={`code-${name}`}>{label}</label>
      <input
        id={`code-${name}`}
        name={name}
        {...(hint === undefined ? {} : { 'aria-describedby': `code-${name}-hint` })}
        {...more}
      />
      {hint === undefined ? null : (
        <p class="hint" id={`code-${name}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
  const number = { type: 'number', min: 1, inputMode: 'numeric' };
  return (
    <form class="stack" onSubmit={(event: SubmitEvent) => void make(event)}>
      <fieldset class="section-fields">
        <legend>{t('codesMake')}</legend>
        <div class="field">
          <label for="code-opens">{t('codesFor')}</label>
          <select id="code-opens" name="opens">
            {props.lanes
              .filter(({ access }) => access === 'code')
              .map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            <option value={BYPASS}>{t('codeBypass')}</option>
          </select>
        </div>
        {field('label', t('codeLabel'), { maxLength: 100 })}
        {field('count', t('codesCount'), { ...number, max: MOST, defaultValue: 1, required: true })}
        {field(
          'usesMax',
          t('codeUsesMax'),
          { ...number, max: 1_000_000, defaultValue: 1 },
          t('codeUsesMaxHint'),
        )}
        {field('startsAt', t('codeStarts'), { type: 'datetime-local' })}
        {field('endsAt', t('codeEnds'), { type: 'datetime-local' })}
        <div class="field wide">
          <label for="code-own">{t('codesOwn')}</label>
          <textarea id="code-own" name="own" rows={2} aria-describedby="code-own-hint" />
          <p class="hint" id="code-own-hint">
            {t('codesOwnHint')}
          </p>
        </div>
        <div>
          <button class="button" type="submit" aria-disabled={sending.value}>
            {t('codesMake')}
          </button>
        </div>
      </fieldset>
      {problem.value === null ? null : <Outcome tone="bad" text={problem.value} />}
      {made.value === null ? null : <NewCodes made={made.value} />}
    </form>
  );
};
