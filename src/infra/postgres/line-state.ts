import type { AdmissionKnobs } from '../../domain/event.ts';
import type { PlaceNumber } from '../../domain/ids.ts';
import type { Line } from '../../domain/line-state.ts';

/** A line as it stands in `line.standby.state`: everything but the places, which have rows of their own. */
export interface LineState {
  readonly counters: Pick<
    Line,
    'epoch' | 'joined' | 'serving' | 'admitted' | 'inside' | 'called' | 'wants' | 'credit' | 'atMs' | 'cursor'
  >;
  /** Of the first lane. Absent in states from before there were lanes, as `lanes`. */
  readonly lead?: number;
  readonly lanes?: Line['lanes'];
  readonly knobs: AdmissionKnobs;
  readonly slowdown: Line['slowdown'];
  readonly fresh: boolean;
  readonly calls: readonly (readonly [bucket: number, from: number, upTo: number, outstanding: number])[];
  readonly passEnds: readonly (readonly [bucket: number, count: number])[];
  readonly wantEnds: readonly (readonly [bucket: number, count: number])[];
}

/** What a place has: a slot, a wish for one, or neither. */
export interface SlotRow {
  readonly number: PlaceNumber;
  readonly ends_at_ms: number | null;
  readonly bucket: number | null;
  readonly want_bucket: number | null;
}

export const packLine = (line: Line): LineState => {
  const { epoch, joined, serving, admitted, inside, called, wants, credit, atMs, cursor, lead, lanes } = line;
  return {
    ...(lanes.length === 0 ? {} : { lead, lanes }),
    counters: { epoch, joined, serving, admitted, inside, called, wants, credit, atMs, cursor },
    knobs: line.knobs,
    slowdown: line.slowdown,
    fresh: line.fresh,
    calls: [...line.calls].map(([bucket, { from, upTo, outstanding }]) => [bucket, from, upTo, outstanding]),
    passEnds: [...line.passEnds],
    wantEnds: [...line.wantEnds],
  };
};

/** The line with those places that are asked about. The rule looks places up one by one, so it does not miss the others. */
export const unpackLine = (state: LineState, slots: readonly SlotRow[]): Line => ({
  ...state.counters,
  lead: state.lead ?? 0,
  lanes: state.lanes ?? [],
  knobs: state.knobs,
  slowdown: state.slowdown,
  fresh: state.fresh,
  calls: new Map(
    state.calls.map(([bucket, from, upTo, outstanding]) => [bucket, { from, upTo, outstanding }]),
  ),
  passEnds: new Map(state.passEnds),
  wantEnds: new Map(state.wantEnds),
  passes: new Map(
    slots.flatMap(({ number, ends_at_ms: endsAtMs, bucket }) =>
      endsAtMs === null || bucket === null ? [] : [[number, { endsAtMs, bucket }]],
    ),
  ),
  wanted: new Map(slots.flatMap(({ number, want_bucket: want }) => (want === null ? [] : [[number, want]]))),
});

/** The rows of these places as the line has them now. */
export const slotsOf = (line: Line, numbers: Iterable<PlaceNumber>): readonly SlotRow[] =>
  [...numbers].map((number) => {
    const pass = line.passes.get(number);
    return {
      number,
      ends_at_ms: pass?.endsAtMs ?? null,
      bucket: pass?.bucket ?? null,
      want_bucket: line.wanted.get(number) ?? null,
    };
  });
