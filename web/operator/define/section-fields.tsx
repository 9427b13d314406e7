import { ChoiceField, TextField } from '../fields.tsx';
import { t } from '../texts.ts';
import { seatsOf, type SectionDraft } from './draft.ts';
import { parseRows } from './rows.ts';

/** One section of the form. What people may hold already can no longer be changed. */
export const SectionFields = (props: {
  readonly section: SectionDraft;
  readonly currency: string;
  readonly locked: boolean;
  /** Its seats are on sale: names and prices only. */
  readonly fixed: boolean;
  readonly onChange: (change: Partial<SectionDraft>) => void;
  readonly onRemove: (() => void) | null;
}) => {
  const { section, currency, locked, fixed, onChange, onRemove } = props;
  const id = (name: string): string => `${name}-${section.key}`;
  const { wrong } = parseRows(section.rows);
  const bad = section.kind === 'rows' && wrong !== null;
  return (
    <fieldset class="section-fields">
      <legend>{t('sectionNamed', { name: section.name === '' ? section.id : section.name })}</legend>
      <TextField
        id={id('id')}
        label={t('sectionId')}
        required
        pattern="[A-Za-z0-9_]{1,24}"
        value={section.id}
        disabled={locked || fixed}
        onText={(text) => onChange({ id: text })}
      />
      <TextField
        id={id('name')}
        label={t('name')}
        required
        maxLength={200}
        value={section.name}
        disabled={locked}
        onText={(name) => onChange({ name })}
      />
      <TextField
        id={id('price')}
        label={t('priceIn', { currency })}
        required
        inputMode="decimal"
        pattern="[0-9]+([.,][0-9]{1,3})?"
        value={section.price}
        disabled={locked}
        onText={(price) => onChange({ price })}
      />
      <ChoiceField
        id={id('kind')}
        label={t('sectionKind')}
        value={section.kind}
        disabled={locked || fixed}
        choices={[
          ['rows', t('kindRows')],
          ['area', t('kindArea')],
        ]}
        onChoice={(kind) => onChange({ kind })}
      />
      {section.kind === 'rows' ? (
        <div class="field wide">
          <label for={id('rows')}>{t('rows')}</label>
          <textarea
            id={id('rows')}
            rows={3}
            required
            value={section.rows}
            disabled={locked || fixed}
            aria-invalid={bad}
            aria-describedby={id('rows-hint')}
            onInput={(event) => onChange({ rows: event.currentTarget.value })}
          />
          <p class="hint" id={id('rows-hint')}>
            {bad ? <strong>{t('rowWrong', { line: wrong ?? '' })} </strong> : null}
            {t('rowsHint')}
          </p>
        </div>
      ) : (
        <TextField
          id={id('capacity')}
          label={t('capacity')}
          type="number"
          min={1}
          required
          value={section.capacity}
          disabled={locked || fixed}
          wide
          onText={(capacity) => onChange({ capacity })}
        />
      )}
      <p class="quiet small">{t('seatsCount', { count: seatsOf(section) })}</p>
      {onRemove === null ? null : (
        <div>
          <button class="button small plain" type="button" onClick={onRemove}>
            {t('sectionRemove', { name: section.id })}
          </button>
        </div>
      )}
    </fieldset>
  );
};
