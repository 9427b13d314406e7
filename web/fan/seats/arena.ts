import type { Arena } from '../../shared/documents.ts';

/**
 * A map is drawn from rows alone: nobody has to enter coordinates. Sections lie in rings around the stage, the dearest in front;
 * one seat's width is the unit. Angles count from straight down, where the house looks from the stage.
 */
export interface SectionShape {
  readonly sectionId: string;
  readonly name: string;
  readonly priceMinor: number;
  /** Index of its price, the dearest being 0. */
  readonly tier: number;
  readonly rows: readonly { readonly name: string; readonly seats: number; readonly first: number }[];
  readonly angle: number;
  readonly width: number;
  readonly inner: number;
  readonly outer: number;
  readonly seats: number;
  /** The seats' middles, row by row. */
  readonly xs: Float32Array;
  readonly ys: Float32Array;
}

export interface AreaShape {
  readonly sectionId: string;
  readonly name: string;
  readonly priceMinor: number;
  readonly tier: number;
  readonly capacity: number;
  readonly angle: number;
  readonly width: number;
  readonly inner: number;
  readonly outer: number;
}

export interface ArenaLayout {
  readonly sections: readonly SectionShape[];
  readonly areas: readonly AreaShape[];
  readonly stage: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly bounds: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
}

export const ROW_PITCH = 1.18;
const FIRST_RADIUS = 13;
const AISLE = 2.6;
const RING_GAP = 3;
const MAX_ARC = (205 * Math.PI) / 180;
/** A gap between two rings that is worth standing in. */
const AREA_DEPTH = 10;
const MARGIN = 3;

type Section = Arena['sections'][number];
interface Seated extends Section {
  readonly rows: NonNullable<Section['rows']>;
}

const isSeated = (section: Section): section is Seated => section.rows !== null;

/** The angle that a section needs if its first row lies at `radius`. */
const angleOf = (section: Seated, radius: number): number =>
  Math.max(...section.rows.map((row, index) => (row.seats + AISLE) / (radius + index * ROW_PITCH)));

const arcOf = (sections: readonly Seated[], radius: number): number =>
  sections.reduce((sum, section) => sum + angleOf(section, radius), 0);

const depthOf = (sections: readonly Seated[]): number =>
  Math.max(...sections.map(({ rows }) => (rows.length - 1) * ROW_PITCH));

interface Ring {
  readonly radius: number;
  readonly sections: readonly Seated[];
}

/** The smallest radius, from `least` on, at which all of them fit side by side. */
const radiusFor = (sections: readonly Seated[], least: number): number => {
  let radius = least;
  while (arcOf(sections, radius) > MAX_ARC) radius *= 1.02;
  return radius;
};

/** Prices stay together: a price that does not fit beside the ones before begins a ring of its own. */
const ringsOf = (sections: readonly Seated[]): readonly Ring[] => {
  const byPrice = new Map<number, Seated[]>();
  for (const section of sections)
    byPrice.set(section.priceMinor, [...(byPrice.get(section.priceMinor) ?? []), section]);
  const tiers = [...byPrice.entries()].sort(([a], [b]) => b - a).map(([, tier]) => tier);
  const rings: { radius: number; sections: Seated[] }[] = [];
  for (const tier of tiers) {
    const last = rings.at(-1);
    if (last !== undefined && arcOf([...last.sections, ...tier], last.radius) <= MAX_ARC) {
      last.sections.push(...tier);
      continue;
    }
    const least = last === undefined ? FIRST_RADIUS : last.radius + depthOf(last.sections) + RING_GAP;
    rings.push({ radius: radiusFor(tier, least), sections: tier });
  }
  return rings;
};

/** The dearest in the middle, the others to both sides in turn. */
const fromTheMiddle = <T>(sections: readonly T[]): readonly T[] => {
  const row: T[] = [];
  for (const [index, section] of sections.entries()) {
    if (index % 2 === 0) row.push(section);
    else row.unshift(section);
  }
  return row;
};

const shapeOf = (section: Seated, angle: number, radius: number, tier: number): SectionShape => {
  const seats = section.rows.reduce((sum, row) => sum + row.seats, 0);
  const [xs, ys] = [new Float32Array(seats), new Float32Array(seats)];
  let first = 0;
  const rows = section.rows.map((row, index) => {
    const at = radius + index * ROW_PITCH;
    for (let seat = 0; seat < row.seats; seat += 1) {
      const turn = angle + (seat - (row.seats - 1) / 2) / at;
      xs[first + seat] = at * Math.sin(turn);
      ys[first + seat] = at * Math.cos(turn);
    }
    const placed = { name: row.name, seats: row.seats, first };
    first += row.seats;
    return placed;
  });
  return {
    sectionId: section.sectionId,
    name: section.name,
    priceMinor: section.priceMinor,
    tier,
    rows,
    angle,
    width: angleOf(section, radius) - AISLE / 2 / radius,
    inner: radius,
    outer: radius + depthOf([section]),
    seats,
    xs,
    ys,
  };
};

/** Areas without seats lie in the widest gap between two rings, and behind everything if there is none. */
const bandFor = (rings: readonly Ring[]): { readonly inner: number; readonly outer: number } => {
  const gaps = rings.map((ring, index) => {
    const before = rings[index - 1];
    const inner = before === undefined ? FIRST_RADIUS : before.radius + depthOf(before.sections) + RING_GAP;
    return { inner, outer: ring.radius - RING_GAP };
  });
  const widest = gaps.sort((a, b) => b.outer - b.inner - (a.outer - a.inner))[0];
  if (widest !== undefined && widest.outer - widest.inner >= AREA_DEPTH) return widest;
  const last = rings.at(-1);
  const inner = last === undefined ? FIRST_RADIUS : last.radius + depthOf(last.sections) + RING_GAP;
  return { inner, outer: inner + AREA_DEPTH };
};

const AREA_ARC = (120 * Math.PI) / 180;

/** Where everything lies, for any event: a hall of twenty seats and an arena of twenty thousand. */
export const layoutOf = (arena: Arena): ArenaLayout => {
  const prices = [...new Set(arena.sections.map(({ priceMinor }) => priceMinor))].sort((a, b) => b - a);
  const tierOf = (section: Section): number => prices.indexOf(section.priceMinor);
  const rings = ringsOf(arena.sections.filter(isSeated));
  const sections = rings.flatMap((ring) => {
    const all = fromTheMiddle(ring.sections);
    let turn = -arcOf(all, ring.radius) / 2;
    return all.map((section) => {
      const width = angleOf(section, ring.radius);
      turn += width;
      return shapeOf(section, turn - width / 2, ring.radius, tierOf(section));
    });
  });
  const standing = arena.sections.filter((section) => !isSeated(section));
  const band = bandFor(rings);
  const areas = standing.map((section, index): AreaShape => {
    const share = AREA_ARC / standing.length;
    return {
      sectionId: section.sectionId,
      name: section.name,
      priceMinor: section.priceMinor,
      tier: tierOf(section),
      capacity: section.capacity ?? 0,
      angle: -AREA_ARC / 2 + share * (index + 0.5),
      width: share * 0.96,
      ...band,
    };
  });
  const stage = { x: -FIRST_RADIUS * 0.8, y: -4, width: FIRST_RADIUS * 1.6, height: 8 };
  return { sections, areas, stage, bounds: boundsOf(sections, areas, stage) };
};

const boundsOf = (
  sections: readonly SectionShape[],
  areas: readonly AreaShape[],
  stage: ArenaLayout['stage'],
): ArenaLayout['bounds'] => {
  let [left, top] = [stage.x, stage.y];
  let [right, bottom] = [stage.x + stage.width, stage.y + stage.height];
  const include = (x: number, y: number): void => {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  };
  for (const { xs, ys } of sections) for (const [index, x] of xs.entries()) include(x, ys[index] ?? 0);
  for (const { angle, width, inner, outer } of areas) {
    for (const turn of [angle - width / 2, angle, angle + width / 2]) {
      for (const at of [inner, outer]) include(at * Math.sin(turn), at * Math.cos(turn));
    }
  }
  return { left: left - MARGIN, top: top - MARGIN, right: right + MARGIN, bottom: bottom + MARGIN };
};

export interface Hit {
  readonly sectionId: string;
  /** Null: between its seats, or an area. */
  readonly seat: number | null;
}

const within = (shape: Pick<SectionShape, 'angle' | 'width' | 'inner' | 'outer'>, at: number, turn: number) =>
  at >= shape.inner - 1 &&
  at <= shape.outer + 1 &&
  Math.abs(turn - shape.angle) <= shape.width / 2 + 0.5 / at;

/** What lies at a point, without looking at every seat. */
export const hitAt = (layout: ArenaLayout, x: number, y: number): Hit | null => {
  const at = Math.hypot(x, y);
  const turn = Math.atan2(x, y);
  for (const section of layout.sections) {
    if (!within(section, at, turn)) continue;
    const row = section.rows[Math.round((at - section.inner) / ROW_PITCH)];
    if (row === undefined) return { sectionId: section.sectionId, seat: null };
    const index = section.rows.indexOf(row);
    const number = Math.round(
      (turn - section.angle) * (section.inner + index * ROW_PITCH) + (row.seats - 1) / 2,
    );
    const seat = number >= 0 && number < row.seats ? row.first + number : null;
    return { sectionId: section.sectionId, seat };
  }
  const area = layout.areas.find((one) => within(one, at, turn));
  return area === undefined ? null : { sectionId: area.sectionId, seat: null };
};

/** The id of a section's `index`th seat, and back. */
export const seatIdAt = (section: Pick<SectionShape, 'sectionId' | 'rows'>, index: number): string => {
  const row = section.rows.find(({ first, seats }) => index >= first && index < first + seats);
  return row === undefined ? '' : `${section.sectionId}-${row.name}-${index - row.first + 1}`;
};

export const indexOfSeat = (section: Pick<SectionShape, 'rows'>, seatId: string): number => {
  const [, name, number] = seatId.split('-');
  const row = section.rows.find((one) => one.name === name);
  return row === undefined ? -1 : row.first + Number(number) - 1;
};
