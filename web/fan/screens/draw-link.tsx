import { receiptOf } from '../state/receipt.ts';
import { t } from '../texts.ts';

/** For those who are in the draw: the way to recompute it. */
export const DrawLink = ({ eventId }: { readonly eventId: string }) =>
  receiptOf(eventId).value === null ? null : (
    <p>
      <a href={`/e/${eventId}/draw`}>{t('verifyDraw')}</a>
    </p>
  );
