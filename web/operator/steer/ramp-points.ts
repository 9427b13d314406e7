export interface Point {
  readonly afterSeconds: number;
  readonly ratePerMinute: number;
}

const LINE = /^(\d+(?:[.,]\d+)?)\s*:\s*(\d+)$/;

/** Points as people write them: `10: 1200` is 1,200 a minute from the tenth minute. `wrong`: the line that is none. */
export const parsePoints = (
  text: string,
): { readonly points: readonly Point[]; readonly wrong: string | null } => {
  const points: Point[] = [];
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const match = LINE.exec(line);
    if (match === null) return { points, wrong: line };
    const afterSeconds = Math.round(Number(match[1]?.replace(',', '.')) * 60);
    if (points.length > 0 && afterSeconds <= (points.at(-1)?.afterSeconds ?? -1))
      return { points, wrong: line };
    points.push({ afterSeconds, ratePerMinute: Number(match[2]) });
  }
  return { points, wrong: null };
};

export const writePoints = (points: readonly Point[]): string =>
  points
    .map(({ afterSeconds, ratePerMinute }) => `${Number((afterSeconds / 60).toFixed(2))}: ${ratePerMinute}`)
    .join('\n');
