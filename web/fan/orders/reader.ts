import { language } from '../../shared/texts.ts';

/** In which language and time zone this reader's files are written. */
export const readerQuery = (): string => {
  const tz = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `lang=${language.value}&tz=${encodeURIComponent(tz)}`;
};
