import { escapedMarkup } from '../domain/markup.ts';
import { faultRows, STATE_WORDS, seconds, summaryRows } from './report.ts';
import type { ChaosResult } from './result.ts';
import type { Second } from './tallying.ts';

const WIDTH = 1_000;
const LEFT = 80;
const PLOT_HEIGHT = 120;
const LANE_HEIGHT = 18;
const LANES = ['actors', 'nodes', 'redis', 'rabbit', 'postgres', 'gateway'] as const;

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 68rem; padding: 0 1rem; color: #1c1c1c; }
  table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 2rem; }
  th, td { text-align: left; padding: 0.25rem 0.6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
  .verdict { padding: 0.6rem 1rem; color: #fff; font-weight: 600; }
  .ok { color: #17692b; } .broken { color: #b00020; font-weight: 600; } .not_checked { color: #666; }
  .verdict.ok { background: #17692b; color: #fff; } .verdict.broken { background: #b00020; color: #fff; }
  svg text { font: 11px system-ui, sans-serif; fill: #444; }`;

const row = (cells: readonly string[], tag: 'th' | 'td' = 'td'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${escapedMarkup(cell)}</${tag}>`).join('')}</tr>`;

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table>${head.length === 0 ? '' : row(head, 'th')}${rows.map((cells) => row(cells)).join('')}</table>`;

/** A bar a second: what was answered, and on top of it what stayed unknown. */
const bars = (all: readonly Second[], x: (atMs: number) => number): string => {
  const most = Math.max(1, ...all.map((one) => one.ok + one.fail + one.unknown));
  const height = (count: number): number => (count / most) * PLOT_HEIGHT;
  return all
    .map((one, index) => {
      const [from, to] = [x(index * 1_000), x((index + 1) * 1_000)];
      const answered = height(one.ok + one.fail);
      const unknown = height(one.unknown);
      const bar = (y: number, h: number, fill: string): string =>
        `<rect x="${from.toFixed(1)}" y="${y.toFixed(1)}" width="${Math.max(0.5, to - from - 0.5).toFixed(1)}" height="${h.toFixed(1)}" fill="${fill}"/>`;
      const said = `second ${index}: ok ${one.ok}, refused ${one.fail}, unknown ${one.unknown}, sales ${one.sales}`;
      return `<g><title>${said}</title>${bar(PLOT_HEIGHT - answered, answered, '#5b8def')}${bar(PLOT_HEIGHT - answered - unknown, unknown, '#e08a1e')}</g>`;
    })
    .join('');
};

/** A lane a part: from the strike to its healing. */
const lanes = (result: ChaosResult, x: (atMs: number) => number): string =>
  LANES.map((part, index) => {
    const y = PLOT_HEIGHT + 12 + index * LANE_HEIGHT;
    const strikes = result.strikes.filter((one) => one.part === part && one.missed === null);
    return (
      `<text x="0" y="${y + 11}">${part}</text>` +
      `<line x1="${LEFT}" x2="${WIDTH}" y1="${y + 7}" y2="${y + 7}" stroke="#eee"/>` +
      strikes
        .map((one) => {
          const lastedMs = one.healedAtMs - one.struckAtMs;
          const [from, to] = [x(one.atMs), x(one.atMs + lastedMs)];
          return (
            `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(3, to - from).toFixed(1)}" height="14" fill="#b00020" opacity="0.75">` +
            `<title>${escapedMarkup(`${one.kind} ${one.target}, ${seconds(lastedMs)}`)}</title></rect>`
          );
        })
        .join('')
    );
  }).join('');

const axis = (totalMs: number, x: (atMs: number) => number, y: number): string => {
  const stepMs =
    [5_000, 10_000, 30_000, 60_000, 300_000, 600_000].find((ms) => totalMs / ms <= 20) ?? 1_800_000;
  return Array.from({ length: Math.floor(totalMs / stepMs) + 1 }, (_, index) => index * stepMs)
    .map((atMs) => `<text x="${x(atMs).toFixed(1)}" y="${y}">${atMs / 1_000} s</text>`)
    .join('');
};

/** Faults against throughput over the time of the run. */
const timeline = (result: ChaosResult): string => {
  const totalMs = Math.max(1_000, result.totalMs);
  const x = (atMs: number): number => LEFT + (Math.min(atMs, totalMs) / totalMs) * (WIDTH - LEFT);
  const height = PLOT_HEIGHT + 12 + LANES.length * LANE_HEIGHT + 20;
  const end = x(result.loadMs).toFixed(1);
  return (
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Faults and throughput over time">` +
    `<text x="0" y="12">answers/s</text>${bars(result.seconds, x)}${lanes(result, x)}` +
    `<line x1="${end}" x2="${end}" y1="0" y2="${height - 20}" stroke="#444" stroke-dasharray="3 3"/>` +
    `${axis(totalMs, x, height - 4)}</svg>`
  );
};

const promiseTable = (result: ChaosResult): string =>
  `<table>${row(['promise', 'result', 'checked', 'what'], 'th')}${result.promises
    .map(
      (one) =>
        `<tr><td>${escapedMarkup(one.promise)}</td><td class="${one.state}">${STATE_WORDS[one.state]}</td>` +
        `<td>${one.checked}</td><td>${escapedMarkup([one.what, ...one.notes].join('; '))}</td></tr>`,
    )
    .join('')}</table>`;

/** One page that needs nothing else: the verdict, the timeline, one line a promise, the figures, the faults. */
export const htmlReportOf = (result: ChaosResult): string => {
  const verdict = result.ok
    ? '<p class="verdict ok">GREEN: every promise that was checked was kept, and enough happened.</p>'
    : `<p class="verdict broken">RED</p><ul>${result.reasons.map((one) => `<li>${escapedMarkup(one)}</li>`).join('')}</ul>`;
  const figures = result.figures.map((one) => [
    one.promise,
    one.what,
    ...[one.count, one.p50Ms, one.p99Ms, one.maxMs, one.promisedMs].map(String),
  ]);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chaos run, seed ${result.seed}</title><style>${STYLE}</style>
<h1>Chaos run of ${escapedMarkup(result.startedAt)}</h1>
${verdict}
<h2>Timeline</h2>
<p>Blue: answered requests a second; orange: unknown outcomes; red: faults, from the strike to the end of healing. The dashed
line is the end of the load. Point at anything to read what it is.</p>
${timeline(result)}
<h2>Promises</h2>
${promiseTable(result)}
<h2>Times</h2>
${tableOf(['promise', 'time', 'seen', 'p50 ms', 'p99 ms', 'max ms', 'promised ms'], figures)}
<h2>Faults</h2>
${tableOf(['fault', 'struck', 'missed', 'lasted at most', 'back after at most', 'why missed'], faultRows(result))}
<h2>What happened</h2>
${tableOf([], summaryRows(result))}
</html>
`;
};
