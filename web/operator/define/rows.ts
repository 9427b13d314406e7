export interface RowDefinition {
  readonly name: string;
  readonly seats: number;
}

const LINE = /^([A-Za-z0-9_]{1,24})(?:\s*-\s*([A-Za-z0-9_]{1,24}))?\s*:\s*(\d{1,6})$/;
/** A slip of the finger must not make a million rows. */
const MOST = 5_000;

const namesFrom = (first: string, last: string | undefined): readonly string[] | null => {
  if (last === undefined) return [first];
  if (/^\d+$/.test(first) && /^\d+$/.test(last)) {
    const [from, to] = [Number(first), Number(last)];
    if (to < from || to - from >= MOST) return null;
    return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
  }
  if (/^[A-Z]$/i.test(first) && /^[A-Z]$/i.test(last)) {
    const [from, to] = [first.charCodeAt(0), last.charCodeAt(0)];
    if (to < from || to - from >= 26) return null;
    return Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index));
  }
  return null;
};

/** Rows as people write them: `1-20: 22` is twenty rows of 22 seats. Null with the line that is none. */
export const parseRows = (
  text: string,
): { readonly rows: readonly RowDefinition[]; readonly wrong: string | null } => {
  const rows: RowDefinition[] = [];
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const match = LINE.exec(line);
    const names = match === null ? null : namesFrom(match[1] ?? '', match[2]);
    if (match === null || names === null) return { rows, wrong: line };
    rows.push(...names.map((name) => ({ name, seats: Number(match[3]) })));
  }
  return { rows, wrong: null };
};

/** The shortest way to write them: numbers that follow each other, with as many seats, are one line. */
export const writeRows = (rows: readonly RowDefinition[]): string => {
  const runs: { first: string; last: string; seats: number }[] = [];
  for (const { name, seats } of rows) {
    const run = runs.at(-1);
    const follows = run?.seats === seats && /^\d+$/.test(run.last) && name === String(Number(run.last) + 1);
    if (run !== undefined && follows) run.last = name;
    else runs.push({ first: name, last: name, seats });
  }
  return runs
    .map(({ first, last, seats }) => `${first === last ? first : `${first}-${last}`}: ${seats}`)
    .join('\n');
};
