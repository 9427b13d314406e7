/** One entry of a calendar. `startsAt` is ISO 8601. */
export interface CalendarEntry {
  readonly uid: string;
  readonly title: string;
  readonly place: string;
  readonly startsAt: string;
  readonly minutes: number;
  readonly url: string;
}

const stamp = (date: Date): string => date.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');

/** RFC 5545: commas, semicolons, backslashes and line ends are escaped. */
const escaped = (text: string): string =>
  text.replaceAll(/[\\;,]/g, (sign) => `\\${sign}`).replaceAll(/\r?\n/g, '\\n');

const encoder = new TextEncoder();

/** RFC 5545: no line is longer than 75 bytes; what is longer goes on after a space, and no character is cut. */
const folded = (line: string): string => {
  let text = '';
  let bytes = 0;
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (bytes + size > 74) {
      text += '\r\n ';
      bytes = 1;
    }
    text += character;
    bytes += size;
  }
  return text;
};

/** The entry as a calendar file. `stampedAt` is when it was made. */
export const calendarFile = (entry: CalendarEntry, stampedAt: Date): string => {
  const start = new Date(entry.startsAt);
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Catraca//Catraca//EN',
    'BEGIN:VEVENT',
    `UID:${entry.uid}@catraca`,
    `DTSTAMP:${stamp(stampedAt)}`,
    `DTSTART:${stamp(start)}`,
    `DTEND:${stamp(new Date(start.getTime() + entry.minutes * 60_000))}`,
    `SUMMARY:${escaped(entry.title)}`,
    `LOCATION:${escaped(entry.place)}`,
    `URL:${entry.url}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ]
    .map(folded)
    .join('\r\n');
};

/** A link that downloads the file; calendars of phones open it at once. */
export const calendarUrl = (entry: CalendarEntry): string =>
  URL.createObjectURL(new Blob([calendarFile(entry, new Date())], { type: 'text/calendar;charset=utf-8' }));
