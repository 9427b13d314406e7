/** Where a run writes. */
export interface Terminal {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** What is shown of a run at one moment. */
export interface Picture {
  /** For a terminal: whole lines, as many as stay on one screen. */
  screen(): readonly string[];
  /** For a log. */
  line(): string;
}

const REDRAW_MS = 250;

/** Draws while the run goes on: one screen on a terminal, a line every `lineEveryMs` elsewhere. */
export const startRedrawing = (
  terminal: Terminal,
  picture: Picture,
  lineEveryMs = 2_000,
): { stop(): void } => {
  let drawn = 0;
  const draw = (): void => {
    if (!terminal.isTTY) {
      terminal.write(`${picture.line()}\n`);
      return;
    }
    // Cut, never wrapped: a wrapped line would be counted as one and the next picture would start too low.
    // And never more lines than the screen has: what has scrolled away cannot be drawn over.
    const whole = picture.screen().slice(0, Math.max(5, terminal.rows - 1));
    const lines = whole.map((line) => line.slice(0, Math.max(20, terminal.columns - 1)));
    const up = drawn === 0 ? '' : `\u001B[${drawn}A`;
    terminal.write(`${up}${lines.map((line) => `${line}\u001B[K\n`).join('')}\u001B[J`);
    drawn = lines.length;
  };
  const timer = setInterval(draw, terminal.isTTY ? REDRAW_MS : lineEveryMs);
  return {
    stop() {
      clearInterval(timer);
      draw();
    },
  };
};
