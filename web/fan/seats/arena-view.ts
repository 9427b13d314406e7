import type { ArenaLayout, SectionShape } from './arena.ts';
import { createPainter, type LooksOf, type Palette, type View } from './arena-painter.ts';

const ZOOM_MAX = 46;
const FIT_PAD_PX = 8;
const LEAST_PX = 40;

export interface Words {
  readonly stage: string;
  readonly areaLook: (sectionId: string) => { readonly chosen: boolean; readonly gone: boolean };
}

/** A window on the arena: moved and zoomed, painted at most once a frame. */
export interface ArenaView {
  /** The window has another size, or other colours. */
  refit(): void;
  repaint(): void;
  /** Some seats changed. */
  changed(section: SectionShape, indices: readonly number[]): void;
  panBy(dx: number, dy: number): void;
  zoomAt(factor: number, x: number, y: number): void;
  zoomCentre(factor: number): void;
  showAll(): void;
  show(shape: Pick<SectionShape, 'angle' | 'width' | 'inner' | 'outer'>): void;
  /** From pixels of the window to the arena. */
  toArena(x: number, y: number): { readonly x: number; readonly y: number };
  scale(): number;
}

const read = (style: CSSStyleDeclaration, name: string): string => style.getPropertyValue(name).trim();

/** The colours of the page as they are now, dark or light. */
export const paletteOf = (element: Element): Palette => {
  const style = getComputedStyle(element);
  return {
    ground: read(style, '--map-ground'),
    block: read(style, '--map-block'),
    ink: read(style, '--ink'),
    quiet: read(style, '--ink-2'),
    taken: read(style, '--seat-held'),
    sold: read(style, '--seat-sold'),
    chosen: read(style, '--seat-chosen'),
    mine: read(style, '--good'),
    tiers: [1, 2, 3, 4, 5, 6].map((tier) => read(style, `--tier-${tier}`)),
  };
};

export const createArenaView = (
  canvas: HTMLCanvasElement,
  layout: ArenaLayout,
  looksOf: LooksOf,
  words: Words,
): ArenaView => {
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new Error('this browser cannot paint');
  const painter = createPainter(context, layout, looksOf);
  let palette = paletteOf(canvas);
  let size = { width: 1, height: 1, density: 1 };
  let view: View = { scale: 1, x: 0, y: 0 };
  let fitted = 1;
  let due = 0;

  const paint = (): void => {
    due = 0;
    painter.paint(view, size, palette, words);
  };
  const repaint = (): void => {
    if (due === 0) due = requestAnimationFrame(paint);
  };

  const fit = (): View => {
    const { left, top, right, bottom } = layout.bounds;
    const [width, height] = [right - left, bottom - top];
    const scale = Math.min((size.width - FIT_PAD_PX * 2) / width, (size.height - FIT_PAD_PX * 2) / height);
    return {
      scale,
      x: size.width / 2 - ((left + right) / 2) * scale,
      y: size.height / 2 - ((top + bottom) / 2) * scale,
    };
  };

  const move = (next: View): void => {
    const scale = Math.min(ZOOM_MAX, Math.max(fitted * 0.8, next.scale));
    view = { ...next, scale };
    repaint();
  };

  const zoomAt = (factor: number, x: number, y: number): void => {
    const scale = Math.min(ZOOM_MAX, Math.max(fitted * 0.8, view.scale * factor));
    const real = scale / view.scale;
    move({ scale, x: x - (x - view.x) * real, y: y - (y - view.y) * real });
  };

  const centreOn = (x: number, y: number, scale: number): void =>
    move({ scale, x: size.width / 2 - x * scale, y: size.height / 2 - y * scale });

  /** False: the window is hidden or going away, and has no size to paint for. */
  const measure = (): boolean => {
    const box = canvas.getBoundingClientRect();
    if (box.width < LEAST_PX || box.height < LEAST_PX) return false;
    size = {
      width: Math.max(1, box.width),
      height: Math.max(1, box.height),
      density: Math.min(2, devicePixelRatio),
    };
    canvas.width = Math.round(size.width * size.density);
    canvas.height = Math.round(size.height * size.density);
    return true;
  };

  if (measure()) {
    view = fit();
    fitted = view.scale;
    paint();
  }

  return {
    refit() {
      const before = fitted;
      palette = paletteOf(canvas);
      if (!measure()) return;
      const all = fit();
      fitted = all.scale;
      // Who looked at everything goes on looking at everything.
      if (view.scale <= before * 1.05) view = all;
      paint();
    },
    repaint,
    changed(section, indices) {
      if (due !== 0) return;
      if (indices.length > section.seats / 3) repaint();
      else painter.repaint(section, indices, view, size.density, palette);
    },
    panBy: (dx, dy) => move({ ...view, x: view.x + dx, y: view.y + dy }),
    zoomAt,
    zoomCentre: (factor) => zoomAt(factor, size.width / 2, size.height / 2),
    showAll: () => move(fit()),
    show({ angle, width, inner, outer }) {
      const at = (inner + outer) / 2;
      const wide = Math.max(width * outer, outer - inner + 4) + 4;
      const scale = Math.min(size.width / wide, size.height / (outer - inner + 8));
      centreOn(at * Math.sin(angle), at * Math.cos(angle), Math.max(scale, fitted * 1.5));
    },
    toArena: (x, y) => ({ x: (x - view.x) / view.scale, y: (y - view.y) / view.scale }),
    scale: () => view.scale,
  };
};
