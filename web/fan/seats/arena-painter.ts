import { ROW_PITCH, type AreaShape, type ArenaLayout, type SectionShape } from './arena.ts';

/** What a seat looks like; the numbers are kept in byte arrays, one a section. */
export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
export const CHOSEN = 3;
export const MINE = 4;

export interface Palette {
  readonly ground: string;
  readonly block: string;
  readonly ink: string;
  readonly quiet: string;
  readonly taken: string;
  readonly sold: string;
  readonly chosen: string;
  readonly mine: string;
  /** Of free seats, by price. */
  readonly tiers: readonly string[];
}

export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export type LooksOf = (sectionId: string) => Uint8Array | null;

const RADIUS = 0.42;
/** Below this a seat is a square: nobody sees the difference, and it is painted several times faster. */
const ROUND_FROM_PX = 2.2;
const NUMBERS_FROM_PX = 9;
const NAMES_FROM_PX = 5;

const colourOf = (look: number, tier: number, palette: Palette): string => {
  if (look === FREE) return palette.tiers[tier % palette.tiers.length] ?? palette.ink;
  if (look === CHOSEN) return palette.chosen;
  if (look === MINE) return palette.mine;
  return look === HELD ? palette.taken : palette.sold;
};

type Shape = Pick<AreaShape, 'angle' | 'width' | 'inner' | 'outer'>;

/** A slice of a ring. Canvas counts angles from the right and clockwise, we from below. */
const tracePath = (context: CanvasRenderingContext2D, shape: Shape, pad: number): void => {
  const [from, to] = [shape.angle - shape.width / 2, shape.angle + shape.width / 2];
  const quarter = Math.PI / 2;
  context.beginPath();
  context.arc(0, 0, shape.outer + pad, quarter - to, quarter - from);
  context.arc(0, 0, Math.max(0.1, shape.inner - pad), quarter - from, quarter - to, true);
  context.closePath();
};

/** Around the rows of a section, as far as each of them reaches. */
const traceRows = (context: CanvasRenderingContext2D, section: SectionShape, pad: number): void => {
  const side = (index: number, sign: number): void => {
    const row = section.rows[index];
    if (row === undefined) return;
    for (const step of [-0.5, 0.5]) {
      const at = section.inner + index * ROW_PITCH + step * ROW_PITCH * -sign;
      const turn = section.angle + (sign * (row.seats / 2 + pad)) / (section.inner + index * ROW_PITCH);
      context.lineTo(at * Math.sin(turn), at * Math.cos(turn));
    }
  };
  const arc = (index: number, at: number, back: boolean): void => {
    const half = ((section.rows[index]?.seats ?? 0) / 2 + pad) / (section.inner + index * ROW_PITCH);
    const [from, to] = [Math.PI / 2 - section.angle - half, Math.PI / 2 - section.angle + half];
    context.arc(0, 0, at, back ? from : to, back ? to : from, !back);
  };
  const last = section.rows.length - 1;
  context.beginPath();
  // The back from its left end to its right, forward along the right, the front, and back along the left.
  arc(last, section.outer + pad, false);
  for (let index = last; index >= 0; index -= 1) side(index, 1);
  arc(0, Math.max(0.1, section.inner - pad), true);
  for (let index = 0; index <= last; index += 1) side(index, -1);
  context.closePath();
};

const middleOf = (shape: Shape): { readonly x: number; readonly y: number } => {
  const at = (shape.inner + shape.outer) / 2;
  return { x: at * Math.sin(shape.angle), y: at * Math.cos(shape.angle) };
};

/** Paints an arena. Knows where things lie and how they look, not why. */
export const createPainter = (context: CanvasRenderingContext2D, layout: ArenaLayout, looksOf: LooksOf) => {
  const seatPath = (section: SectionShape, indices: Iterable<number>, radiusPx: number, radius: number) => {
    context.beginPath();
    for (const index of indices) {
      const [x, y] = [section.xs[index] ?? 0, section.ys[index] ?? 0];
      if (radiusPx < ROUND_FROM_PX) context.rect(x - radius, y - radius, radius * 2, radius * 2);
      else {
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, Math.PI * 2);
      }
    }
    context.fill();
  };

  const paintSeats = (
    section: SectionShape,
    indices: Iterable<number>,
    view: View,
    palette: Palette,
  ): void => {
    const looks = looksOf(section.sectionId);
    if (looks === null) return;
    const byLook = new Map<number, number[]>();
    for (const index of indices) {
      const look = looks[index] ?? SOLD;
      const same = byLook.get(look);
      if (same === undefined) byLook.set(look, [index]);
      else same.push(index);
    }
    const radiusPx = RADIUS * view.scale;
    for (const [look, same] of byLook) {
      context.fillStyle = colourOf(look, section.tier, palette);
      // What cannot be had is smaller as well as grey; what is one's own is larger.
      const size = look === SOLD ? 0.55 : look === HELD ? 0.75 : look === FREE ? 1 : 1.12;
      seatPath(section, same, radiusPx, RADIUS * size);
      if (look !== CHOSEN && look !== MINE) continue;
      context.fillStyle = palette.ground;
      seatPath(section, same, radiusPx, RADIUS * 0.4);
    }
  };

  const label = (text: string, x: number, y: number, size: number, view: View, colour: string): void => {
    context.save();
    context.translate(x, y);
    context.scale(1 / view.scale, 1 / view.scale);
    context.font = `700 ${size}px Archivo, system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = colour;
    context.fillText(text, 0, 0);
    context.restore();
  };

  const paintLabels = (section: SectionShape, view: View, palette: Palette): void => {
    const radiusPx = RADIUS * view.scale;
    if (radiusPx < NAMES_FROM_PX) {
      const { x, y } = middleOf(section);
      const size = Math.min(15, Math.max(9, section.width * section.inner * view.scale * 0.13));
      context.save();
      context.globalAlpha = 0.88;
      context.fillStyle = palette.ground;
      context.beginPath();
      const [width, height] = [
        (section.sectionId.length * size * 0.72 + 10) / view.scale,
        (size + 8) / view.scale,
      ];
      context.roundRect(x - width / 2, y - height / 2, width, height, height / 2);
      context.fill();
      context.restore();
      label(section.sectionId, x, y, size, view, palette.ink);
      return;
    }
    for (const [index, row] of section.rows.entries()) {
      const at = section.inner + index * ROW_PITCH;
      const turn = section.angle - (row.seats / 2 + 0.6) / at;
      label(
        row.name,
        at * Math.sin(turn),
        at * Math.cos(turn),
        Math.min(12, radiusPx * 1.1),
        view,
        palette.quiet,
      );
    }
    if (radiusPx < NUMBERS_FROM_PX) return;
    const looks = looksOf(section.sectionId);
    for (const row of section.rows) {
      for (let seat = 0; seat < row.seats; seat += 1) {
        const index = row.first + seat;
        if (looks?.[index] !== FREE) continue;
        label(
          String(seat + 1),
          section.xs[index] ?? 0,
          section.ys[index] ?? 0,
          radiusPx * 0.85,
          view,
          palette.ground,
        );
      }
    }
  };

  const place = (view: View, density: number): void => {
    context.setTransform(
      view.scale * density,
      0,
      0,
      view.scale * density,
      view.x * density,
      view.y * density,
    );
  };

  const paintStage = (view: View, palette: Palette, text: string): void => {
    const { x, y, width, height } = layout.stage;
    context.fillStyle = palette.ink;
    context.beginPath();
    context.roundRect(x, y, width, height, 1.5);
    context.fill();
    const size = Math.min(22, Math.max(8, height * view.scale * 0.42));
    label(text, x + width / 2, y + height / 2, size, view, palette.ground);
  };

  const paintArea = (
    area: AreaShape,
    look: { chosen: boolean; gone: boolean },
    view: View,
    palette: Palette,
  ) => {
    tracePath(context, area, 0);
    context.globalAlpha = look.gone ? 0.35 : look.chosen ? 1 : 0.8;
    context.fillStyle = look.gone
      ? palette.sold
      : (palette.tiers[area.tier % palette.tiers.length] ?? palette.ink);
    context.fill();
    context.globalAlpha = 1;
    const { x, y } = middleOf(area);
    const size = Math.min(20, Math.max(9, (area.outer - area.inner) * view.scale * 0.4));
    label(area.name, x, y, size, view, look.gone ? palette.ink : palette.ground);
  };

  return {
    /** Everything, anew. */
    paint(
      view: View,
      size: { readonly width: number; readonly height: number; readonly density: number },
      palette: Palette,
      words: {
        readonly stage: string;
        readonly areaLook: (id: string) => { chosen: boolean; gone: boolean };
      },
    ): void {
      context.setTransform(size.density, 0, 0, size.density, 0, 0);
      context.fillStyle = palette.ground;
      context.fillRect(0, 0, size.width, size.height);
      place(view, size.density);
      paintStage(view, palette, words.stage);
      for (const area of layout.areas) paintArea(area, words.areaLook(area.sectionId), view, palette);
      for (const section of layout.sections) {
        traceRows(context, section, 0.9);
        context.fillStyle = palette.block;
        context.fill();
        paintSeats(section, section.xs.keys(), view, palette);
      }
      for (const section of layout.sections) paintLabels(section, view, palette);
    },
    /** Some seats of a section, over what is there: a few changes cost a few seats. */
    repaint(
      section: SectionShape,
      indices: readonly number[],
      view: View,
      density: number,
      palette: Palette,
    ): void {
      place(view, density);
      context.fillStyle = palette.block;
      context.beginPath();
      for (const index of indices)
        context.rect((section.xs[index] ?? 0) - 0.5, (section.ys[index] ?? 0) - 0.5, 1, 1);
      context.fill();
      paintSeats(section, indices, view, palette);
    },
  };
};
