/** One entry of a calendar. */
export interface CalendarEntry {
  /** The same for the same matter for ever: a calendar that gets the file twice shows it once. */
  readonly uid: string;
  readonly title: string;
  readonly place: string;
  readonly startsAtMs: number;
  /** Absent: nobody knows how long it takes, and no end is made up. */
  readonly minutes?: number | undefined;
  /** When this was last said. */
  readonly stampedAtMs: number;
  readonly notes?: string | undefined;
  readonly url?: string | undefined;
}

const stamp = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');

/** RFC 5545: commas, semicolons, backslashes and line ends are escaped; other control characters may not stand in a text. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\\;,]/g, (sign) => `\\${sign}`)
    .replaceAll(/\r?\n/g, '\\n')
    .replaceAll(/[^\P{Cc}\t]/gu, '');

const encoder = new TextEncoder();

/** RFC 5545: no line is longer than 75 bytes; what is longer goes on after a space, and no character is cut. */
const folded = (line: string): string => {
  let text = '';
  let bytes = 0;
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (bytes + size > 75) {
      text += '\r\n ';
      bytes = 1;
    }
    text += character;
    bytes += size;
  }
  return text;
};

/** The entry as a calendar file (RFC 5545), times in UTC. */
export const calendarFile = (entry: CalendarEntry): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Catraca//Catraca//EN',
    'METHOD:PUBLISH',
    'BEGIN:VEVENT',
    `UID:${entry.uid}@catraca`,
    `DTSTAMP:${stamp(entry.stampedAtMs)}`,
    `DTSTART:${stamp(entry.startsAtMs)}`,
    ...(entry.minutes === undefined ? [] : [`DTEND:${stamp(entry.startsAtMs + entry.minutes * 60_000)}`]),
    `SUMMARY:${escaped(entry.title)}`,
    `LOCATION:${escaped(entry.place)}`,
    ...(entry.notes === undefined ? [] : [`DESCRIPTION:${escaped(entry.notes)}`]),
    ...(entry.url === undefined ? [] : [`URL:${entry.url}`]),
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ]
    .map(folded)
    .join('\r\n');
