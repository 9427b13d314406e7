import { createTexts } from '../shared/texts.ts';
import type pt from './text/pt.ts';
import type recoveryPt from './text/recovery/pt.ts';

/** Each language is two files: the visit from the door to the tickets, and the place that goes to another device. */
export const { t, speak, start } = createTexts<typeof pt & typeof recoveryPt>({
  pt: async () => ({
    default: {
      ...(await import('./text/pt.ts')).default,
      ...(await import('./text/recovery/pt.ts')).default,
    },
  }),
  en: async () => ({
    default: {
      ...(await import('./text/en.ts')).default,
      ...(await import('./text/recovery/en.ts')).default,
    },
  }),
  es: async () => ({
    default: {
      ...(await import('./text/es.ts')).default,
      ...(await import('./text/recovery/es.ts')).default,
    },
  }),
});
