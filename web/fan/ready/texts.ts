import { createLaterTexts } from '../../shared/texts.ts';
import type pt from './text/pt.ts';

/** The texts of the ready check, of access codes and of the choice of a lane: only who meets them loads them. */
export const { t: readyText, ready: readyTexts } = createLaterTexts<typeof pt>({
  pt: () => import('./text/pt.ts'),
  en: () => import('./text/en.ts'),
  es: () => import('./text/es.ts'),
});
