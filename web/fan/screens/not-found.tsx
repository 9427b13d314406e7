import { t } from '../texts.ts';
import { Heading } from '../ui.tsx';

export const NotFound = () => (
  <section class="stack loose narrow">
    <Heading>{t('notFound')}</Heading>
    <p>{t('notFoundText')}</p>
    <p>
      <a class="button" href="/">
        {t('toEvents')}
      </a>
    </p>
  </section>
);
