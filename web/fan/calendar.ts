import { calendarFile, type CalendarEntry } from '../../src/domain/calendar.ts';

/** A link that downloads the entry; calendars of phones open it at once. */
export const calendarUrl = (entry: Omit<CalendarEntry, 'stampedAtMs'>): string => {
  const file = calendarFile({ ...entry, stampedAtMs: Date.now() });
  return URL.createObjectURL(new Blob([file], { type: 'text/calendar;charset=utf-8' }));
};
