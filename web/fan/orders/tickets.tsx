import type { EventDocument, Order } from '../../shared/documents.ts';
import { language } from '../../shared/texts.ts';
import { dateTime, money, saySeat } from '../say.ts';
import { t } from '../texts.ts';

interface TicketsProps {
  readonly order: Order;
  readonly event: EventDocument | null;
}

/** A ticket's files come from here whatever address the server knows itself by: the page may ask nobody else. */
const fileOf = (url: string): string => {
  const { pathname, search } = new URL(url, location.origin);
  return pathname + search;
};

/** Written in the reader's language and time zone. */
const writtenFileOf = (url: string): string => {
  const tz = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `${fileOf(url)}&lang=${language.value}&tz=${encodeURIComponent(tz)}`;
};

const Ticket = ({ ticket, event }: { ticket: Order['tickets'][number]; event: EventDocument | null }) => {
  const [sectionId = '', row = '', seat] = ticket.seatId.split('-');
  const section = event?.sections.find((one) => one.sectionId === sectionId);
  const names = new Map([[sectionId, section?.name ?? sectionId]]);
  return (
    <li class="ticket">
      <div class="ticket-main">
        <p class="kicker">{t('ticket')}</p>
        <p class="ticket-name">{event?.name ?? ''}</p>
        <p class="quiet">{event?.venue ?? ''}</p>
        {event?.showAt === undefined ? null : <p class="small">{dateTime(event.showAt)}</p>}
        <dl class="ticket-facts">
          <div>
            <dt>{t('area')}</dt>
            <dd>{section?.name ?? sectionId}</dd>
          </div>
          {seat === undefined ? null : (
            <div>
              <dt>{t('row')}</dt>
              <dd>{row}</dd>
            </div>
          )}
          <div>
            <dt>{t('seat')}</dt>
            <dd>{seat ?? row}</dd>
          </div>
          {section === undefined || event === null ? null : (
            <div>
              <dt>{t('price')}</dt>
              <dd>{money(section.priceMinor, event.currency)}</dd>
            </div>
          )}
        </dl>
        <p class="row no-print">
          <a class="small" href={writtenFileOf(ticket.pdfUrl)} download={`${ticket.seatId}.pdf`}>
            {t('pdf')}
          </a>
          {event?.showAt === undefined ? null : (
            <a class="small" href={writtenFileOf(ticket.icsUrl)} download={`${ticket.seatId}.ics`}>
              {t('calendar')}
            </a>
          )}
        </p>
      </div>
      <div class="ticket-stub">
        <img
          src={fileOf(ticket.svgUrl)}
          alt={t('ticketCode', { seat: saySeat(ticket.seatId, names) })}
          width={180}
          height={180}
        />
      </div>
    </li>
  );
};

/** Tickets as paper: name, seat, and the code that the door reads. */
export const Tickets = ({ order, event }: TicketsProps) => (
  <div class="stack">
    <ul class="tickets">
      {order.tickets.map((ticket) => (
        <Ticket key={ticket.ticketId} ticket={ticket} event={event} />
      ))}
    </ul>
    <p class="row no-print">
      <button type="button" class="button" onClick={() => window.print()}>
        {t('print')}
      </button>
      <a class="button plain" href="/orders">
        {t('myOrders')}
      </a>
    </p>
  </div>
);
