import type { Signal } from '@preact/signals';
import { TextField, type TextRules } from '../fields.tsx';
import { t } from '../texts.ts';
import type { Draft } from './draft.ts';

type Typed = Exclude<keyof Draft, 'sections' | 'lanes' | 'reseat' | 'show' | 'rest'>;

/** What holds for the whole event. */
export const EventFields = (props: {
  readonly draft: Signal<Draft>;
  readonly locked: boolean;
  /** It exists: its currency stays, and the gate is turned where the line is seen. */
  readonly fixed: boolean;
}) => {
  const { draft, locked, fixed } = props;
  const field = (name: Typed, label: string, rules: TextRules) => (
    <TextField
      id={name}
      label={label}
      required
      disabled={locked}
      value={draft.value[name]}
      onText={(text) => (draft.value = { ...draft.value, [name]: text })}
      {...rules}
    />
  );
  const count: TextRules = { type: 'number', min: 1, max: 1_000, inputMode: 'numeric' };
  const large: TextRules = { type: 'number', min: 0, max: 10_000_000, inputMode: 'numeric' };
  return (
    <div class="event-fields">
      {field('name', t('name'), { maxLength: 200 })}
      {field('venue', t('venue'), { maxLength: 200 })}
      {field('opensAt', t('opensAt'), { type: 'datetime-local' })}
      {fixed ? null : field('currency', t('currency'), { pattern: '[A-Za-z]{3}' })}
      {field('seatsPerFan', t('seatsPerFan'), count)}
      {field('holdsPerFan', t('holdsPerFan'), count)}
      {fixed ? null : field('ratePerMinute', t('rateLabel'), large)}
      {fixed ? null : field('insideMax', t('insideLabel'), large)}
      <label class="row check">
        <input
          type="checkbox"
          checked={draft.value.reseat}
          disabled={locked}
          onChange={(event) => (draft.value = { ...draft.value, reseat: event.currentTarget.checked })}
        />
        {t('reseat')}
      </label>
    </div>
  );
};
