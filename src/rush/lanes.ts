import type { EventDocument } from './documents.ts';
import type { KnownCode } from './known-codes.ts';
import type { createOperator } from './sale.ts';

/** The lanes of an event that a run makes: two for everybody, one for whoever has a code. */
export const LANES = [
  { id: 'geral', name: 'Geral', sharePercent: 60, access: 'open' },
  { id: 'clube', name: 'Clube', sharePercent: 30, access: 'code' },
  { id: 'acessivel', name: 'Acessível', sharePercent: 10, access: 'open' },
] as const;

/** The lanes of the event, and what its fans have heard of. */
export interface Lanes {
  /** All, in their order. */
  readonly ids: readonly string[];
  readonly open: readonly string[];
  /** Those that ask for a code. */
  readonly coded: readonly string[];
  readonly codes: readonly KnownCode[];
}

/** Null: one line for all. */
export const lanesOf = (event: EventDocument, codes: readonly KnownCode[] = []): Lanes | null => {
  if (event.lanes === undefined) return null;
  const idsOf = (access: string): string[] =>
    event.lanes?.filter((lane) => lane.access === access).map(({ id }) => id) ?? [];
  return { ids: event.lanes.map(({ id }) => id), open: idsOf('open'), coded: idsOf('code'), codes };
};

/** Codes are for fewer fans than will bring them. */
interface Batch {
  readonly laneId: string | null;
  readonly order: { readonly count: number; readonly usesMax: number; readonly endsAt?: string };
}

const batchesFor = (coded: readonly string[], fans: number, nowMs: number): readonly Batch[] => [
  ...coded.flatMap((laneId): Batch[] => [
    { laneId, order: { count: Math.ceil(fans / 20), usesMax: 1 } },
    { laneId, order: { count: 1, usesMax: Math.ceil(fans / 20) } },
    { laneId, order: { count: 1, usesMax: 1, endsAt: new Date(nowMs - 60_000).toISOString() } },
  ]),
  { laneId: null, order: { count: 2, usesMax: 2 } },
];

/** Has an operator make codes for each lane that asks for one, and a few that lead past the line. */
export const issueCodes = async (
  operator: Pick<ReturnType<typeof createOperator>, 'makeCodes'>,
  eventId: string,
  { coded }: Lanes,
  plan: { readonly fans: number; readonly nowMs: number },
  insist: <T>(attempt: () => Promise<T>) => Promise<T> = (attempt) => attempt(),
): Promise<readonly KnownCode[]> => {
  const known: KnownCode[] = [];
  for (const [index, { laneId, order }] of batchesFor(coded, plan.fans, plan.nowMs).entries()) {
    const what = { ...order, ...(laneId === null ? { bypass: true } : { lane: laneId }) };
    const key = `codes-${index}-${eventId}`;
    const texts = await insist(() => operator.makeCodes(eventId, what, key));
    known.push(...texts.map((text) => ({ text, laneId })));
  }
  return known;
};
