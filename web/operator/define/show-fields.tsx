import type { Signal } from '@preact/signals';
import { TextField, type TextRules } from '../fields.tsx';
import { t } from '../texts.ts';
import type { Draft } from './draft.ts';
import type { ShowDraft } from './show-draft.ts';

/** When and where the show is, and until when tickets may be given back: what goes on tickets and into calendars. */
export const ShowFields = (props: { readonly draft: Signal<Draft>; readonly locked: boolean }) => {
  const { draft, locked } = props;
  const field = (name: keyof ShowDraft, label: string, hint: string, rules: TextRules) => (
    <TextField
      id={name}
      label={label}
      hint={hint}
      disabled={locked}
      value={draft.value.show[name]}
      onText={(text) => (draft.value = { ...draft.value, show: { ...draft.value.show, [name]: text } })}
      {...rules}
    />
  );
  const time: TextRules = { type: 'datetime-local' };
  return (
    <fieldset class="section-fields">
      <legend>{t('showTitle')}</legend>
      {field('showAt', t('showAt'), t('showAtHint'), time)}
      {field('doorsAt', t('doorsAt'), t('doorsAtHint'), time)}
      {field('address', t('address'), t('addressHint'), { maxLength: 300 })}
      {field('refundsUntil', t('refundsUntil'), t('refundsUntilHint'), time)}
    </fieldset>
  );
};
