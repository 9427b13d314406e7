import type { EventDocument, LiveNumbers } from '../../shared/documents.ts';
import { formatMoney } from '../../shared/format.ts';
import { language, LOCALES } from '../../shared/texts.ts';
import { t } from '../texts.ts';
import { n } from './figures.tsx';

type Section = LiveNumbers['sections'][number];

const PARTS = ['sold', 'paying', 'held', 'free'] as const;

const Bar = ({ section, total }: { readonly section: Section; readonly total: number }) => (
  <span class="parts" aria-hidden="true">
    {PARTS.map((part) => (
      <span
        key={part}
        class={part}
        style={{ width: `${((section[part] / Math.max(1, total)) * 100).toFixed(2)}%` }}
      />
    ))}
  </span>
);

const Tile = ({ section, event }: { readonly section: Section; readonly event: EventDocument | null }) => {
  const { free, held, paying, sold } = section;
  const total = free + held + paying + sold;
  const share = total === 0 ? 0 : (total - free) / total;
  const known = event?.sections.find(({ sectionId }) => sectionId === section.sectionId);
  const locale = LOCALES[language.value];
  return (
    <li class={`tile ${section.closed ? 'shut' : ''}`} style={{ '--heat': `${(share * 42).toFixed(1)}%` }}>
      <span class="row apart">
        <strong>{known?.name ?? section.sectionId}</strong>
        <span class="small">
          {known === undefined || event === null
            ? null
            : formatMoney(known.priceMinor, event.currency, locale)}
        </span>
      </span>
      <span class="share">
        {new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(share)}
      </span>
      <Bar section={section} total={total} />
      <span class="small">
        {section.closed ? (
          <strong>{t('sectionClosed')}</strong>
        ) : (
          t('sectionCounts', { free, held, paying, sold })
        )}
      </span>
    </li>
  );
};

/** How full each section is: by depth of colour, by a bar, and in numbers. */
export const Sections = ({
  numbers,
  event,
}: {
  readonly numbers: LiveNumbers;
  readonly event: EventDocument | null;
}) => {
  const rank = new Map(event?.sections.map(({ sectionId }, index) => [sectionId, index]));
  const sections = numbers.sections.toSorted(
    (a, b) => (rank.get(a.sectionId) ?? 0) - (rank.get(b.sectionId) ?? 0),
  );
  return (
    <section class="stack" aria-labelledby="sections">
      <div class="row apart">
        <h2 id="sections">{t('sections')}</h2>
        <ul class="row legend">
          {PARTS.map((part) => (
            <li key={part}>
              <span class={`swatch ${part}`} aria-hidden="true" />
              {t(part)} <strong>{n(numbers.seats[part])}</strong>
            </li>
          ))}
        </ul>
      </div>
      <ul class="heat">
        {sections.map((section) => (
          <Tile key={section.sectionId} section={section} event={event} />
        ))}
      </ul>
    </section>
  );
};
