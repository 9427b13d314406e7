import { createLaterTexts } from '../../shared/texts.ts';
import type pt from './text/pt.ts';

/** The texts of screens that a fan opens after the waiting, if at all: the waiting page does not carry them. */
export const { t: later, ready: laterTexts } = createLaterTexts<typeof pt>({
  pt: () => import('./text/pt.ts'),
  en: () => import('./text/en.ts'),
  es: () => import('./text/es.ts'),
});
