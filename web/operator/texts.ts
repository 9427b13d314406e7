import { createTexts } from '../shared/texts.ts';
import type fansPt from './text/fans/pt.ts';
import type pt from './text/pt.ts';

/** Each language is two files: the sale and its parts, and what fans are told or ask for. */
export const { t, speak, start } = createTexts<typeof pt & typeof fansPt>({
  pt: async () => ({
    default: { ...(await import('./text/pt.ts')).default, ...(await import('./text/fans/pt.ts')).default },
  }),
  en: async () => ({
    default: { ...(await import('./text/en.ts')).default, ...(await import('./text/fans/en.ts')).default },
  }),
  es: async () => ({
    default: { ...(await import('./text/es.ts')).default, ...(await import('./text/fans/es.ts')).default },
  }),
});
