import type { Problem } from '../shared/api.ts';
import { t } from './texts.ts';

/** A refusal in the operator's language; the server's own detail and code stand behind it for whoever has to look further. */
export const problemText = ({ code, detail }: Problem): string => {
  switch (code) {
    case 'network':
      return t('noAnswer');
    case 'forbidden':
      return t('forbidden');
    case 'not_found':
      return t('gone');
    default:
      return t('wentWrong', { detail: detail === '' ? code : `${detail} (${code})` });
  }
};
