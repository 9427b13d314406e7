import { useEffect, useRef } from 'preact/hooks';
import { t } from '../texts.ts';
import { seatsOf, type SectionDraft } from './draft.ts';
import { parseRows } from './rows.ts';

/** From seat to seat; the largest that lets the whole house be seen at once. */
const PITCHES = [8, 7, 6, 5, 4, 3] as const;
const TALLEST = 720;
const BLOCK_GAP = 24;
const NAME_HEIGHT = 20;
/** Wider rows than this are drawn closer: it is a picture of the house, not a plan. */
const WIDEST = 120;

interface Block {
  readonly name: string;
  readonly rows: readonly number[];
  readonly width: number;
  readonly height: number;
}

/** An area without rows is drawn as a square of dots, at most a hundred wide. */
const areaRows = (capacity: number): readonly number[] => {
  const side = Math.min(60, Math.max(1, Math.ceil(Math.sqrt(capacity * 2))));
  const full = Math.min(60, Math.floor(capacity / side));
  const rest = full < 60 ? capacity - full * side : 0;
  return [...Array.from({ length: full }, () => side), ...(rest > 0 ? [rest] : [])];
};

const blockOf = (section: SectionDraft, pitch: number): Block => {
  const rows =
    section.kind === 'rows'
      ? parseRows(section.rows).rows.map(({ seats }) => Math.min(seats, WIDEST))
      : areaRows(seatsOf(section));
  return {
    name: section.id,
    rows,
    width: Math.max(32, ...rows.map((seats) => seats * pitch)),
    height: rows.length * pitch + NAME_HEIGHT,
  };
};

interface Placed extends Block {
  readonly x: number;
  readonly y: number;
}

interface House {
  readonly placed: readonly Placed[];
  readonly height: number;
  readonly pitch: number;
}

/** Side by side until the line is full, each line in the middle, the first section nearest to the stage. */
const place = (blocks: readonly Block[], width: number, pitch: number): House => {
  const lines: Block[][] = [];
  let x = 0;
  for (const block of blocks) {
    if (x === 0 || x + block.width > width) {
      lines.push([]);
      x = 0;
    }
    lines.at(-1)?.push(block);
    x += block.width + BLOCK_GAP;
  }
  const placed: Placed[] = [];
  let y = 40;
  for (const line of lines) {
    let left =
      (width - line.reduce((sum, block) => sum + block.width, 0) - BLOCK_GAP * (line.length - 1)) / 2;
    for (const block of line) {
      placed.push({ ...block, x: Math.max(0, left), y });
      left += block.width + BLOCK_GAP;
    }
    y += Math.max(...line.map(({ height }) => height)) + BLOCK_GAP;
  }
  return { placed, height: y, pitch };
};

const houseOf = (sections: readonly SectionDraft[], width: number): House => {
  let house: House = { placed: [], height: 0, pitch: 3 };
  for (const pitch of PITCHES) {
    house = place(
      sections.map((section) => blockOf(section, pitch)),
      width,
      pitch,
    );
    if (house.height <= TALLEST) break;
  }
  return house;
};

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const draw = (canvas: HTMLCanvasElement, sections: readonly SectionDraft[]): void => {
  const width = canvas.parentElement?.clientWidth ?? 600;
  const { placed, height, pitch } = houseOf(sections, width);
  const ratio = window.devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.scale(ratio, ratio);
  context.fillStyle = colour('ink');
  context.fillRect(width * 0.25, 0, width * 0.5, 12);
  context.font = '700 13px Archivo, system-ui, sans-serif';
  for (const { name, rows, x, y, width: blockWidth } of placed) {
    context.fillStyle = colour('ink');
    context.textAlign = 'center';
    context.fillText(name, x + blockWidth / 2, y + 12, blockWidth);
    context.fillStyle = colour('signal');
    for (const [index, seats] of rows.entries()) {
      const start = x + (blockWidth - seats * pitch) / 2;
      for (let seat = 0; seat < seats; seat += 1)
        context.fillRect(start + seat * pitch, y + NAME_HEIGHT + index * pitch, pitch * 0.72, pitch * 0.72);
    }
  }
};

/** The house as its rows make it, the stage on top. What it shows is said in words and numbers beside it. */
export const RowsMap = ({ sections }: { readonly sections: readonly SectionDraft[] }) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(sections);
  latest.current = sections;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const again = (): void => draw(element, latest.current);
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', again);
    window.addEventListener('resize', again);
    return () => {
      scheme.removeEventListener('change', again);
      window.removeEventListener('resize', again);
    };
  }, []);
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, sections);
  }, [sections]);
  return (
    <figure class="house card stack">
      <figcaption class="row apart">
        <h2>{t('map')}</h2>
        <span>
          {t('mapSays', {
            count: sections.length,
            seats: sections.reduce((sum, section) => sum + seatsOf(section), 0),
          })}
        </span>
      </figcaption>
      <div>
        <canvas ref={canvas} aria-hidden="true" />
      </div>
    </figure>
  );
};
