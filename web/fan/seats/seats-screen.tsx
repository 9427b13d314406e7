import { signal, useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../shared/api.ts';
import type { EventDocument } from '../../shared/documents.ts';
import { money, saySeat } from '../say.ts';
import { openBasket, type Basket, type Wish } from '../state/basket.ts';
import type { Visit } from '../state/visit.ts';
import { t } from '../texts.ts';
import { Clock, Heading, Note, ProblemNote } from '../ui.tsx';
import { ArenaMap } from './arena-map.tsx';
import { BasketPanel, LostHolds } from './basket-panel.tsx';
import { openHouse, type House } from './house.ts';
import { SectionList } from './section-list.tsx';
import './seats.css';
import './section-list.css';

interface SeatsProps {
  readonly visit: Visit;
  readonly event: EventDocument;
}

const problem = signal<Problem | null>(null);

const sectionOf = (seatId: string): string => seatId.slice(0, seatId.indexOf('-'));

/** A hold is of one section: seats of two sections are two holds, and what could not be had is told. */
const holdChosen = async (house: House, basket: Basket): Promise<void> => {
  const bySection = groups(house.chosen.value);
  problem.value = null;
  for (const [sectionId, seatIds] of bySection) {
    const refused = await basket.hold(sectionId, { seatIds });
    if (refused === null) {
      house.clear();
      continue;
    }
    problem.value = refused;
    if (refused.code === 'seat_taken') house.taken(refused.seatIds ?? seatIds);
    return;
  }
  await house.look();
};

const groups = (seatIds: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const seatId of seatIds)
    found.set(sectionOf(seatId), [...(found.get(sectionOf(seatId)) ?? []), seatId]);
  return found;
};

interface ChosenBarProps {
  readonly house: House;
  readonly event: EventDocument;
  readonly busy: boolean;
  readonly onHold: () => void;
}

const ChosenBar = ({ house, event, busy, onHold }: ChosenBarProps) => {
  const chosen = house.chosen.value;
  if (chosen.length === 0) return null;
  const total = chosen.reduce(
    (sum, seatId) =>
      sum + (event.sections.find(({ sectionId }) => sectionId === sectionOf(seatId))?.priceMinor ?? 0),
    0,
  );
  return (
    <section class="chosen-bar" aria-label={t('chosenCount', { count: chosen.length })}>
      <div class="stack tight">
        <p class="strong">{t('chosenCount', { count: chosen.length })}</p>
        <p class="small">{chosen.map((seatId) => saySeat(seatId, house.names.value)).join(' · ')}</p>
      </div>
      <div class="row">
        <button type="button" class="button plain" onClick={() => house.clear()}>
          {t('clear')}
        </button>
        <button type="button" class="button primary" disabled={busy} onClick={onHold}>
          {t('holdChosen', { price: money(total, event.currency) })}
        </button>
      </div>
    </section>
  );
};

interface Opened {
  readonly house: House;
  readonly basket: Basket;
}

const Open = ({ visit, event, house, basket }: SeatsProps & Opened) => {
  const section = useSignal<string | null>(null);
  const [busy, setBusy] = useState(false);
  const layout = house.layout.value;
  const during = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    await work();
    setBusy(false);
  };
  const holdSome = async (sectionId: string, wish: Wish): Promise<void> => {
    problem.value = await basket.hold(sectionId, wish);
    await house.look();
  };
  if (layout === null) return <p role="status">{t('loading')}</p>;
  return (
    <article class="choosing">
      <header class="row apart choosing-head">
        <div class="stack tight">
          <p class="kicker">{event.name}</p>
          <Heading tab={`${t('chooseTitle')} · ${event.name}`}>{t('chooseTitle')}</Heading>
        </div>
        {visit.pass.value === null ? null : (
          <p class="pass-clock">
            <span class="quiet small">{t('passLeft')}</span> <Clock until={visit.pass.value.expiresAt} />
          </p>
        )}
      </header>
      <LostHolds basket={basket} />
      {house.told.value === null ? null : (
        <Note tone="care">
          <p>{house.told.value}</p>
        </Note>
      )}
      <ProblemNote problem={problem.value} />
      <div class="choosing-body">
        <ArenaMap house={house} layout={layout} event={event} section={section} />
        <div class="choosing-side stack loose">
          <BasketPanel basket={basket} names={house.names.value} />
          <SectionList
            house={house}
            layout={layout}
            event={event}
            section={section}
            busy={busy}
            onQuantity={(sectionId, quantity) => void during(() => holdSome(sectionId, { quantity }))}
          />
        </div>
      </div>
      <ChosenBar
        house={house}
        event={event}
        busy={busy}
        onHold={() => void during(() => holdChosen(house, basket))}
      />
    </article>
  );
};

/** Inside: the map, the list, what is chosen, and what is held. */
export const SeatsScreen = ({ visit, event }: SeatsProps) => {
  const [opened, setOpened] = useState<Opened | null>(null);
  useEffect(() => {
    const basket = openBasket(visit);
    const house = openHouse(visit, basket);
    problem.value = null;
    setOpened({ house, basket });
    return () => house.close();
  }, []);
  if (opened === null) return <p role="status">{t('loading')}</p>;
  return <Open visit={visit} event={event} {...opened} />;
};
