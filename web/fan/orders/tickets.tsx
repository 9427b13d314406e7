import { useState } from 'preact/hooks';
import type { Problem } from '../../shared/api.ts';
import type { EventDocument, Order } from '../../shared/documents.ts';
import { dateTime, money, saySeat } from '../say.ts';
import { t } from '../texts.ts';
import { ProblemNote } from '../ui.tsx';
import { savePaper } from './paper.ts';
import { readerQuery } from './reader.ts';

interface TicketsProps {
  readonly order: Order;
  readonly event: EventDocument | null;
}

/** A ticket's files come from here whatever address the server knows itself by: the page may ask nobody else. */
const fileOf = (url: string): string => {
  const { pathname, search } = new URL(url, location.origin);
  return pathname + search;
};

const writtenFileOf = (url: string): string => `${fileOf(url)}&${readerQuery()}`;

/** Several tickets as one file. */
const AllOnPaper = ({ orderId }: { readonly orderId: string }) => {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fetchThem = async (): Promise<void> => {
    setBusy(true);
    setProblem(await savePaper(orderId));
    setBusy(false);
  };
  return (
    <>
      <button type="button" class="button" disabled={busy} onClick={() => void fetchThem()}>
        {t('allAsPdf')}
      </button>
      <ProblemNote problem={problem} />
    </>
  );
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
      {order.tickets.length > 1 ? <AllOnPaper orderId={order.orderId} /> : null}
      <a class="button plain" href="/orders">
        {t('myOrders')}
      </a>
    </p>
  </div>
);
