import { createTexts } from '../shared/texts.ts';
import type fansPt from './text/fans/pt.ts';
import type lanesPt from './text/lanes/pt.ts';
import type pt from './text/pt.ts';

/** Each language is three files: the sale and its parts, what fans are told or ask for, and lanes with their codes. */
export const { t, speak, start } = createTexts<typeof pt & typeof fansPt & typeof lanesPt>({
  pt: async () => ({
    default: {
      ...(await import('./text/pt.ts')).default,
      ...(await import('./text/fans/pt.ts')).default,
      ...(await import('./text/lanes/pt.ts')).default,
    },
  }),
  en: async () => ({
    default: {
      ...(await import('./text/en.ts')).default,
      ...(await import('./text/fans/en.ts')).default,
      ...(await import('./text/lanes/en.ts')).default,
    },
  }),
  es: async () => ({
    default: {
      ...(await import('./text/es.ts')).default,
      ...(await import('./text/fans/es.ts')).default,
      ...(await import('./text/lanes/es.ts')).default,
    },
  }),
});
