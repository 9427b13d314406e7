import { useEffect, useState } from 'preact/hooks';
import type { EventDocument } from '../../shared/documents.ts';
import { lazily } from '../router.tsx';
import { Elsewhere } from '../recovery/elsewhere.tsx';
import { openVisit, type Visit } from '../state/visit.ts';
import { t } from '../texts.ts';
import { Note } from '../ui.tsx';
import { Called, Closed, Over, SoldOut } from './ends.tsx';
import { Door } from './door.tsx';
import { NotFound } from './not-found.tsx';
import { Waiting } from './waiting.tsx';

const Seats = lazily(async () => (await import('../seats/seats-screen.tsx')).SeatsScreen);

interface StageProps {
  readonly visit: Visit;
  readonly event: EventDocument;
}

const StageScreen = ({ visit, event }: StageProps) => {
  switch (visit.stage.value) {
    case 'loading':
      return null;
    case 'soon':
    case 'door':
      return <Door visit={visit} event={event} />;
    case 'waiting':
      return <Waiting visit={visit} event={event} />;
    case 'elsewhere':
      return <Elsewhere visit={visit} event={event} />;
    case 'called':
      return <Called visit={visit} event={event} />;
    case 'inside':
      return <Seats visit={visit} event={event} />;
    case 'over':
      return <Over visit={visit} event={event} />;
    case 'sold_out':
      return <SoldOut visit={visit} event={event} />;
    case 'closed':
      return <Closed visit={visit} event={event} />;
  }
};

/** An event, at whatever point of it this fan stands. */
export const EventScreen = ({ eventId }: { readonly eventId: string }) => {
  const [visit, setVisit] = useState<Visit | null>(null);
  useEffect(() => {
    const opened = openVisit(eventId);
    setVisit(opened);
    return () => opened.close();
  }, []);
  const event = visit?.event.value ?? null;
  if (visit !== null && event !== null) return <StageScreen visit={visit} event={event} />;
  if (visit?.problem.value?.code === 'not_found') return <NotFound />;
  if (visit?.problem.value)
    return (
      <Note tone="care">
        <p role="status">{t('networkGone')}</p>
      </Note>
    );
  return <p role="status">{t('loading')}</p>;
};
