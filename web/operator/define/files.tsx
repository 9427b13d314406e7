import { useRef } from 'preact/hooks';
import { t } from '../texts.ts';
import type { Definition } from './draft.ts';

const isDefinition = (value: unknown): value is Definition => {
  const { name, sections, limits, admission } = (value ?? {}) as Partial<Definition>;
  return (
    typeof name === 'string' &&
    typeof limits === 'object' &&
    typeof admission === 'object' &&
    Array.isArray(sections) &&
    sections.every((one) => typeof one === 'object' && one !== null && typeof one.id === 'string')
  );
};

/** Brings a definition in from a file into the form; nothing is sent by it. */
export const ImportButton = (props: {
  readonly onDefinition: (definition: Definition) => void;
  readonly onWrong: () => void;
}) => {
  const input = useRef<HTMLInputElement>(null);
  const read = async (file: File): Promise<void> => {
    try {
      const value: unknown = JSON.parse(await file.text());
      if (isDefinition(value)) props.onDefinition(value);
      else props.onWrong();
    } catch {
      props.onWrong();
    }
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        class="unseen"
        tabIndex={-1}
        accept="application/json,.json"
        aria-label={t('importFile')}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file !== undefined) void read(file);
        }}
      />
      <button class="button small" type="button" onClick={() => input.current?.click()}>
        {t('importFile')}
      </button>
    </>
  );
};

const fileNameOf = (name: string): string =>
  `${
    name
      .normalize('NFD')
      .replaceAll(/[^A-Za-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .toLowerCase() || 'event'
  }.json`;

/** Takes the definition out, in the form that `catraca event import` reads. */
export const ExportButton = ({ definition }: { readonly definition: () => Definition }) => (
  <button
    class="button small"
    type="button"
    onClick={() => {
      const what = definition();
      const url = URL.createObjectURL(
        new Blob([`${JSON.stringify(what, null, 2)}\n`], { type: 'application/json' }),
      );
      const link = document.createElement('a');
      link.href = url;
      link.download = fileNameOf(what.name);
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    }}
  >
    {t('exportFile')}
  </button>
);
