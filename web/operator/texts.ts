import { createTexts } from '../shared/texts.ts';
import type pt from './text/pt.ts';

export const { t, speak, start } = createTexts<typeof pt>({
  pt: () => import('./text/pt.ts'),
  en: () => import('./text/en.ts'),
  es: () => import('./text/es.ts'),
});
