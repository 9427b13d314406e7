import { useEffect } from 'preact/hooks';
import type { EventDocument } from '../../shared/documents.ts';
import { announce } from '../announcer.tsx';
import type { Visit } from '../state/visit.ts';
import { t } from '../texts.ts';
import { Heading, Note } from '../ui.tsx';
import { HaveCode } from './have-code.tsx';

interface Props {
  readonly visit: Visit;
  readonly event: EventDocument;
}

/** What the device is told whose place went to another. */
export const Elsewhere = ({ visit, event }: Props) => {
  useEffect(() => announce(t('elsewhereTitle'), 0), []);
  return (
    <section class="stack loose narrow">
      <p class="kicker">{event.name}</p>
      <Heading tab={t('elsewhereTitle')}>{t('elsewhereTitle')}</Heading>
      <p class="lead">{t('elsewhereText')}</p>
      <HaveCode visit={visit} open />
      <Note tone="care">
        <p>{t('elsewhereNotMe')}</p>
      </Note>
    </section>
  );
};
