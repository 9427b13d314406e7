import { encodeQR } from 'qr';
import { calendarFile } from '../../domain/calendar.ts';
import type { SaleEvent } from '../../domain/event.ts';
import type { Ticket } from '../../domain/order.ts';
import type { TicketSheet } from '../../domain/ports/ticket-printer.ts';
import { LOCALES, paperWords, type PaperLanguage } from './words.ts';

/** A seat's parts as people say them; null: an area without rows. */
const seatParts = (event: SaleEvent, { seatId }: Ticket) => {
  const [sectionId = '', second = '', third] = seatId.split('-');
  const section = event.sections.find(({ id }) => id === sectionId)?.name ?? sectionId;
  return { section, row: third === undefined ? null : second, number: third ?? second };
};

const placeOf = ({ venue, show }: SaleEvent): string => (show?.address ? `${venue}, ${show.address}` : venue);

/** `timeZone` is an IANA name that `Intl` knows; the zone is written beside the time, because paper travels. */
const timeIn = (ms: number, language: PaperLanguage, timeZone: string): string =>
  new Intl.DateTimeFormat(LOCALES[language], {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  }).format(new Date(ms));

/** A ticket as it goes on paper, with its signed code as the symbol that the door reads. */
export const ticketSheet = (
  event: SaleEvent,
  ticket: Ticket,
  code: string,
  reader: { readonly language: PaperLanguage; readonly timeZone: string },
): TicketSheet => {
  const words = paperWords(reader.language);
  const { section, row, number } = seatParts(event, ticket);
  const at = (label: string, ms: number | null | undefined): string[] =>
    typeof ms === 'number' ? [`${label}: ${timeIn(ms, reader.language, reader.timeZone)}`] : [];
  return {
    language: LOCALES[reader.language],
    kicker: words.ticket,
    title: event.name,
    lines: [
      placeOf(event),
      ...at(words.doors, event.show?.doorsAtMs),
      ...at(words.begins, event.show?.showAtMs),
    ],
    facts: [
      { label: words.area, value: section },
      ...(row === null ? [] : [{ label: words.row, value: row }]),
      { label: words.seat, value: number },
    ],
    // ISO 18004 asks for four modules of white around a symbol.
    modules: encodeQR(code, 'raw', { border: 4 }),
    codeLabel: words.codeLabel,
    footer: `${words.footer} ${ticket.orderId}`,
    issuedAtMs: ticket.issuedAtMs,
  };
};

/** The show as a calendar file for whoever has this ticket. Null: nobody has said when it is. */
export const ticketCalendar = (
  event: SaleEvent,
  ticket: Ticket,
  reader: { readonly language: PaperLanguage; readonly timeZone: string; readonly orderUrl: string | null },
): string | null => {
  const { showAtMs, doorsAtMs } = event.show ?? {};
  if (typeof showAtMs !== 'number') return null;
  const words = paperWords(reader.language);
  const { section, row, number } = seatParts(event, ticket);
  const notes = [
    [section, row === null ? null : `${words.row} ${row}`, `${words.seat} ${number}`]
      .filter((one) => one !== null)
      .join(', '),
    ...(typeof doorsAtMs === 'number'
      ? [`${words.doors}: ${timeIn(doorsAtMs, reader.language, reader.timeZone)}`]
      : []),
  ].join('\n');
  return calendarFile({
    uid: ticket.ticketId,
    title: event.name,
    place: placeOf(event),
    startsAtMs: showAtMs,
    stampedAtMs: ticket.issuedAtMs,
    notes,
    ...(reader.orderUrl === null ? {} : { url: reader.orderUrl }),
  });
};
