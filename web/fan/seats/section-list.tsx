import { signal, type Signal } from '@preact/signals';
import type { EventDocument } from '../../shared/documents.ts';
import { money } from '../say.ts';
import { t } from '../texts.ts';
import type { ArenaLayout, SectionShape } from './arena.ts';
import { CHOSEN, FREE, HELD, MINE } from './arena-painter.ts';
import type { House } from './house.ts';
import { Quantity } from './quantity.tsx';

interface ListProps {
  readonly house: House;
  readonly layout: ArenaLayout;
  readonly event: EventDocument;
  readonly section: Signal<string | null>;
  /** Asks for so many seats of a section, wherever they are. */
  readonly onQuantity: (sectionId: string, quantity: number) => void;
  readonly busy: boolean;
}

const openRow = signal<string | null>(null);

/** Binds a component to every change of a seat: its properties are the same objects as before. */
const follow = (house: House): number => house.version.value;

const wordOf = (look: number): string => {
  if (look === FREE) return t('free');
  if (look === CHOSEN) return t('chosen');
  if (look === MINE) return t('mine');
  return t(look === HELD ? 'held' : 'sold');
};

const CLASSES: Readonly<Record<number, string>> = {
  [FREE]: 'free',
  [CHOSEN]: 'chosen',
  [MINE]: 'mine',
  [HELD]: 'held',
};

const Seats = ({
  house,
  shape,
  row,
}: {
  house: House;
  shape: SectionShape;
  row: SectionShape['rows'][number];
}) => {
  follow(house);
  const looks = house.looksOf(shape.sectionId);
  return (
    <ol class="seats">
      {Array.from({ length: row.seats }, (_, offset) => {
        const look = looks?.[row.first + offset] ?? HELD;
        const can = look === FREE || look === CHOSEN;
        return (
          <li key={offset}>
            <button
              type="button"
              class={`seat ${CLASSES[look] ?? 'sold'} tier-${(shape.tier % 6) + 1}`}
              aria-pressed={look === CHOSEN}
              aria-disabled={!can}
              aria-label={`${t('seatTitle', { number: String(offset + 1) })}, ${wordOf(look)}`}
              onClick={() => {
                if (can) house.toggle(shape, row.first + offset);
              }}
            >
              {offset + 1}
            </button>
          </li>
        );
      })}
    </ol>
  );
};

const Rows = ({ house, shape }: { readonly house: House; readonly shape: SectionShape }) => {
  follow(house);
  const looks = house.looksOf(shape.sectionId);
  return (
    <ul class="rows">
      {shape.rows.map((row) => {
        const key = `${shape.sectionId}-${row.name}`;
        const open = openRow.value === key;
        const free =
          looks?.subarray(row.first, row.first + row.seats).filter((one) => one === FREE).length ?? 0;
        return (
          <li key={key}>
            <button
              type="button"
              class="row-button"
              aria-expanded={open}
              onClick={() => {
                openRow.value = open ? null : key;
              }}
            >
              <span>{t('rowTitle', { row: row.name })}</span>
              <span class="quiet">{free === 0 ? t('gone') : t('left', { count: free })}</span>
            </button>
            {open ? <Seats house={house} shape={shape} row={row} /> : null}
          </li>
        );
      })}
    </ul>
  );
};

const SectionDetail = (props: ListProps & { readonly sectionId: string }) => {
  const { house, layout, event, sectionId, onQuantity, busy } = props;
  follow(house);
  const shape = layout.sections.find((one) => one.sectionId === sectionId);
  const entry = event.sections.find((one) => one.sectionId === sectionId);
  if (entry === undefined) return null;
  const free = shape === undefined ? entry.left : house.free(sectionId);
  return (
    <div class="stack">
      <button
        type="button"
        class="button small self-start"
        onClick={() => {
          props.section.value = null;
        }}
      >
        <span aria-hidden="true">←</span> {t('allSections')}
      </button>
      <header class="row apart">
        <h2>{entry.name}</h2>
        <span class="price">{money(entry.priceMinor, event.currency)}</span>
      </header>
      {house.silent.value.has(sectionId) ? <p class="note care">{t('sectionSilent')}</p> : null}
      {free === 0 ? (
        <p class="strong">{t('gone')}</p>
      ) : (
        <Quantity
          key={sectionId}
          title={t(shape === undefined ? 'quantity' : 'best')}
          hint={shape === undefined ? null : t('bestText')}
          max={Math.min(event.limits.seatsPerFan, free)}
          busy={busy}
          onTake={(quantity) => onQuantity(sectionId, quantity)}
        />
      )}
      {shape === undefined ? null : <Rows house={house} shape={shape} />}
    </div>
  );
};

/** Section, row, seat: every seat of the map, for those who do not see it or have no pointer, and for whoever likes lists. */
export const SectionList = (props: ListProps) => {
  const { house, layout, event, section } = props;
  follow(house);
  if (section.value !== null) return <SectionDetail {...props} sectionId={section.value} />;
  return (
    <div class="stack">
      <h2>{t('listTitle')}</h2>
      <ul class="sections">
        {event.sections.map(({ sectionId, name, priceMinor, left }) => {
          const shape = layout.sections.find((one) => one.sectionId === sectionId);
          const tier = shape?.tier ?? layout.areas.find((one) => one.sectionId === sectionId)?.tier ?? 0;
          const free = shape === undefined ? left : house.free(sectionId);
          return (
            <li key={sectionId}>
              <button
                type="button"
                class="section-button"
                onClick={() => {
                  section.value = sectionId;
                }}
              >
                <span class={`swatch tier-${(tier % 6) + 1}`} aria-hidden="true" />
                <span class="strong">{name}</span>
                <span class="price">{money(priceMinor, event.currency)}</span>
                <span class="quiet small">{free === 0 ? t('gone') : t('left', { count: free })}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <p class="quiet small">{t('perFan', { count: event.limits.seatsPerFan })}</p>
    </div>
  );
};
