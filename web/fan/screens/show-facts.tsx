import type { EventDocument } from '../../shared/documents.ts';
import { dateTime } from '../say.ts';
import { t } from '../texts.ts';

/** When and where the show is, as far as it has been said. */
export const ShowFacts = ({ event }: { readonly event: EventDocument }) => {
  const facts = [
    event.showAt === undefined ? null : t('showAt', { when: dateTime(event.showAt) }),
    event.doorsAt === undefined ? null : t('doorsAt', { when: dateTime(event.doorsAt) }),
    event.address ?? null,
    event.refundsUntil === undefined ? null : t('refundsUntil', { when: dateTime(event.refundsUntil) }),
  ].filter((fact) => fact !== null);
  if (facts.length === 0) return null;
  return (
    <ul class="stack tight small">
      {facts.map((fact) => (
        <li key={fact}>{fact}</li>
      ))}
    </ul>
  );
};
