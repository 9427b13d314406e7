/** What the browser itself checks of what is typed. */
export interface TextRules {
  readonly required?: boolean;
  readonly type?: 'text' | 'number' | 'datetime-local';
  readonly inputMode?: 'decimal' | 'numeric';
  readonly min?: number;
  readonly max?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

interface TextFieldProps extends TextRules {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly disabled: boolean;
  /** Below the input, and read with it. */
  readonly hint?: string;
  /** Over the whole width of its form. */
  readonly wide?: boolean;
}

/** A labelled input whose text somebody else keeps. */
export const TextField = (props: TextFieldProps) => {
  const { id, label, value, onText, disabled, hint, wide = false, ...rules } = props;
  // Preact's types know each kind of input apart, and none for a kind that is a variable.
  const attributes: Readonly<Record<string, unknown>> = rules;
  return (
    <div class={wide ? 'field wide' : 'field'}>
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        disabled={disabled}
        onInput={(event) => onText(event.currentTarget.value)}
        {...(hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
        {...attributes}
      />
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
};

interface ChoiceFieldProps<Name extends string> {
  readonly id: string;
  readonly label: string;
  readonly value: Name;
  readonly disabled: boolean;
  /** What there is to choose, with what people read, in order. */
  readonly choices: readonly (readonly [name: Name, text: string])[];
  readonly onChoice: (name: Name) => void;
}

/** A labelled list from which one thing is chosen. */
export const ChoiceField = <Name extends string>(props: ChoiceFieldProps<Name>) => {
  const { id, label, value, disabled, choices, onChoice } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={({ currentTarget }) => {
          const chosen = choices[currentTarget.selectedIndex];
          if (chosen !== undefined) onChoice(chosen[0]);
        }}
      >
        {choices.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
};
