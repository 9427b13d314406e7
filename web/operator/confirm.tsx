import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from './texts.ts';

interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says that does it. */
  readonly act: string;
  readonly answer: (yes: boolean) => void;
}

const question = signal<Question | null>(null);

/** The second step of what is dangerous: resolves with true only when the operator says so again. */
export const confirmed = (what: Omit<Question, 'answer'>): Promise<boolean> =>
  new Promise((resolve) => {
    question.value?.answer(false);
    question.value = {
      ...what,
      answer(yes) {
        question.value = null;
        resolve(yes);
      },
    };
  });

/** Stands once in the page. The browser keeps the focus inside, Escape is a no, and the focus goes back afterwards. */
export const ConfirmDialog = () => {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = question.value;
  useEffect(() => {
    if (asked === null) dialog.current?.close();
    else if (dialog.current?.open === false) dialog.current.showModal();
  }, [asked]);
  return (
    <dialog
      ref={dialog}
      class="confirm"
      aria-labelledby="confirm-title"
      aria-describedby="confirm-text"
      onClose={() => question.value?.answer(false)}
    >
      {asked === null ? null : (
        <div class="stack">
          <h2 id="confirm-title">{asked.title}</h2>
          <p id="confirm-text">{asked.text}</p>
          <div class="row">
            <button class="button" type="button" onClick={() => asked.answer(false)}>
              {t('cancel')}
            </button>
            <button class="button danger" type="button" onClick={() => asked.answer(true)}>
              {asked.act}
            </button>
          </div>
        </div>
      )}
    </dialog>
  );
};
