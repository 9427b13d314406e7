import { signal } from '@preact/signals';
import { announce } from '../announcer.tsx';
import { t } from '../texts.ts';

const copied = signal('');

const copy = async (text: string): Promise<void> => {
  try {
    await navigator.clipboard.writeText(text);
    copied.value = text;
    announce(t('copied'));
  } catch {
    // Without permission the code can still be marked by hand.
  }
};

/** That nobody has to sit here, and the code with which the place goes to another device. */
export const OtherDevice = ({ code }: { readonly code: string }) => (
  <section class="stack tight" aria-labelledby="close">
    <h2 id="close">{t('mayClose')}</h2>
    <p>{t('mayCloseText')}</p>
    <h3>{t('recoveryTitle')}</h3>
    <p>{t('recoveryKeep')}</p>
    <p class="row">
      <code class="code" aria-label={t('recoveryCode')} role="group">
        {code}
      </code>
      <button type="button" class="button small" onClick={() => void copy(code)}>
        {t(copied.value === code ? 'copied' : 'copy')}
      </button>
    </p>
    <p class="quiet small">{t('recoveryHow')}</p>
  </section>
);
