import { laneDraftsOf, lanesOf, type Lane, type LaneDraft } from '../lanes/lane-draft.ts';
import { instantOf, localTime } from './local-time.ts';
import { parseRows, writeRows, type RowDefinition } from './rows.ts';
import {
  EMPTY_SHOW,
  showChangeOf,
  showDraftOf,
  showMembersOf,
  type ShowDraft,
  type ShowMembers,
} from './show-draft.ts';

/** As the server takes it and gives it back. */
export interface Definition extends ShowMembers {
  readonly name: string;
  readonly venue: string;
  readonly currency: string;
  readonly opensAt: string;
  readonly limits: { readonly seatsPerFan: number; readonly holdsPerFan: number };
  readonly admission: { readonly ratePerMinute: number; readonly insideMax: number };
  readonly lateMoney?: { readonly reseat: boolean };
  readonly lanes?: readonly Lane[];
  readonly sections: readonly {
    readonly id: string;
    readonly name: string;
    readonly priceMinor: number;
    readonly rows?: readonly RowDefinition[];
    readonly capacity?: number;
  }[];
}

export interface SectionDraft {
  /** Names the section on this page, whatever is typed into it. */
  readonly key: number;
  readonly id: string;
  readonly name: string;
  readonly price: string;
  readonly kind: 'rows' | 'area';
  readonly rows: string;
  readonly capacity: string;
}

/** What stands in the form, as typed. */
export interface Draft {
  readonly name: string;
  readonly venue: string;
  readonly currency: string;
  /** In the operator's own time zone, as `datetime-local` has it. */
  readonly opensAt: string;
  readonly seatsPerFan: string;
  readonly holdsPerFan: string;
  readonly ratePerMinute: string;
  readonly insideMax: string;
  readonly reseat: boolean;
  readonly show: ShowDraft;
  readonly lanes: readonly LaneDraft[];
  readonly sections: readonly SectionDraft[];
  /** What an imported file says beyond this form; sent as it came. */
  readonly rest: Readonly<Record<string, unknown>>;
}

let keys = 0;
const nextKey = (): number => (keys += 1);

/** How many minor units a major one has, as a power of ten: two for the real, none for the yen. */
export const decimalsOf = (currency: string): number => {
  try {
    return (
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ??
      2
    );
  } catch {
    return 2;
  }
};

export const emptySection = (index: number): SectionDraft => ({
  key: nextKey(),
  id: String.fromCharCode(65 + (index % 26)),
  name: '',
  price: '',
  kind: 'rows',
  rows: '1-10: 20',
  capacity: '500',
});

export const emptyDraft = (nowMs: number): Draft => ({
  name: '',
  venue: '',
  currency: 'BRL',
  opensAt: localTime(new Date(nowMs + 24 * 3_600_000).toISOString()),
  seatsPerFan: '4',
  holdsPerFan: '2',
  ratePerMinute: '600',
  insideMax: '500',
  reseat: false,
  show: EMPTY_SHOW,
  lanes: [],
  sections: [emptySection(0)],
  rest: {},
});

/** A definition in the form; throws if it is none. */
export const draftOf = (definition: Definition): Draft => {
  const { name, venue, currency, opensAt, limits, admission, lateMoney, lanes, sections, ...more } =
    definition;
  const { showAt: _showAt, doorsAt: _doorsAt, address: _address, refundsUntil: _until, ...rest } = more;
  return {
    name,
    venue,
    currency,
    opensAt: localTime(opensAt),
    seatsPerFan: String(limits.seatsPerFan),
    holdsPerFan: String(limits.holdsPerFan),
    ratePerMinute: String(admission.ratePerMinute),
    insideMax: String(admission.insideMax),
    reseat: lateMoney?.reseat ?? false,
    show: showDraftOf(definition),
    lanes: laneDraftsOf(lanes ?? []),
    sections: sections.map((section) => ({
      key: nextKey(),
      id: section.id,
      name: section.name,
      price: (section.priceMinor / 10 ** decimalsOf(currency)).toFixed(decimalsOf(currency)),
      kind: section.rows === undefined ? 'area' : 'rows',
      rows: writeRows(section.rows ?? []),
      capacity: String(section.capacity ?? ''),
    })),
    rest,
  };
};

const whole = (text: string): number => Math.round(Number(text));

export const priceMinorOf = (price: string, currency: string): number =>
  Math.round(Number(price.replace(',', '.')) * 10 ** decimalsOf(currency));

/** What is sent. Whether it is right the server says. */
export const definitionOf = (draft: Draft): Definition => ({
  ...draft.rest,
  name: draft.name,
  venue: draft.venue,
  currency: draft.currency.toUpperCase(),
  opensAt: instantOf(draft.opensAt),
  limits: { seatsPerFan: whole(draft.seatsPerFan), holdsPerFan: whole(draft.holdsPerFan) },
  admission: { ratePerMinute: whole(draft.ratePerMinute), insideMax: whole(draft.insideMax) },
  lateMoney: { reseat: draft.reseat },
  ...showMembersOf(draft.show),
  ...(draft.lanes.length === 0 ? {} : { lanes: lanesOf(draft.lanes) }),
  sections: draft.sections.map((section) => ({
    id: section.id,
    name: section.name,
    priceMinor: priceMinorOf(section.price, draft.currency),
    ...(section.kind === 'rows'
      ? { rows: parseRows(section.rows).rows }
      : { capacity: whole(section.capacity) }),
  })),
});

const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);

/** Only what was changed, of what may be. Times are compared to the minute, as the form has them. */
export const changeOf = (before: Definition, draft: Draft): Readonly<Record<string, unknown>> => {
  const after = definitionOf(draft);
  const sections = after.sections.flatMap(({ id, name, priceMinor }) => {
    const old = before.sections.find((one) => one.id === id);
    const change = {
      ...(old?.name === name ? {} : { name }),
      ...(old?.priceMinor === priceMinor ? {} : { priceMinor }),
    };
    return Object.keys(change).length === 0 ? [] : [{ id, ...change }];
  });
  return {
    ...(before.name === after.name ? {} : { name: after.name }),
    ...(before.venue === after.venue ? {} : { venue: after.venue }),
    ...(localTime(before.opensAt) === draft.opensAt ? {} : { opensAt: after.opensAt }),
    ...(differs(before.limits, after.limits) ? { limits: after.limits } : {}),
    ...((before.lateMoney?.reseat ?? false) === draft.reseat ? {} : { lateMoney: after.lateMoney }),
    ...showChangeOf(before, draft.show),
    ...(sections.length === 0 ? {} : { sections }),
  };
};

export const seatsOf = (section: SectionDraft): number =>
  section.kind === 'rows'
    ? parseRows(section.rows).rows.reduce((sum, { seats }) => sum + seats, 0)
    : Math.max(0, whole(section.capacity) || 0);
