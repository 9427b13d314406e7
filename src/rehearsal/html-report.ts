import { escapedMarkup } from '../domain/markup.ts';
import type { Advice } from './advice.ts';
import type { Moment } from './play.ts';
import { adviceText } from './report.ts';

const WIDTH = 900;
const HEIGHT = 220;
const LEFT = 70;

interface Curve {
  readonly name: string;
  readonly color: string;
  readonly of: (moment: Moment) => number;
}

const CURVES: readonly (readonly Curve[])[] = [
  [{ name: 'waiting in line', color: '#4059ad', of: (one) => one.waiting }],
  [
    { name: 'inside', color: '#97380e', of: (one) => one.inside },
    { name: 'let in a minute', color: '#777', of: (one) => one.ratePerMinute },
  ],
  [
    { name: 'sold', color: '#1b7f3b', of: (one) => one.sold },
    { name: 'held or being paid', color: '#e08a1e', of: (one) => one.held },
  ],
];

const chart = (moments: readonly Moment[], curves: readonly Curve[]): string => {
  const lastMs = Math.max(1, moments.at(-1)?.atMs ?? 1);
  const most = Math.max(1, ...curves.flatMap((curve) => moments.map((one) => curve.of(one))));
  const x = (one: Moment): string => (LEFT + (one.atMs / lastMs) * WIDTH).toFixed(1);
  const y = (value: number): string => (HEIGHT - (value / most) * HEIGHT + 10).toFixed(1);
  const lines = curves.map(({ of, color }) => {
    const points = moments.map((one) => `${x(one)},${y(of(one))}`).join(' ');
    return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${points}"/>`;
  });
  const legend = curves
    .map(
      ({ name, color }, index) =>
        `<text x="${LEFT + 10 + index * 180}" y="24" fill="${color}" font-weight="600">${escapedMarkup(name)}</text>`,
    )
    .join('');
  return `<svg viewBox="0 0 ${LEFT + WIDTH + 20} ${HEIGHT + 40}" role="img" aria-label="${escapedMarkup(curves.map((one) => one.name).join(', '))}">
    <line x1="${LEFT}" y1="${HEIGHT + 10}" x2="${LEFT + WIDTH}" y2="${HEIGHT + 10}" stroke="#bbb"/>
    <text x="${LEFT - 8}" y="20" text-anchor="end">${most}</text>
    <text x="${LEFT - 8}" y="${HEIGHT + 10}" text-anchor="end">0</text>
    <text x="${LEFT + WIDTH}" y="${HEIGHT + 30}" text-anchor="end">${(lastMs / 60_000).toFixed(1)} min</text>
    ${lines.join('')}${legend}</svg>`;
};

/** One page without any other file: the advice, and the curves of the sale at the rate that is advised (else the quickest). */
export const rehearsalPage = (advice: Advice, title: string): string => {
  const shown =
    advice.outcomes.find((one) => one.ratePerMinute === advice.range?.fromPerMinute) ??
    advice.outcomes.at(-1);
  const moments = shown?.runs[0]?.moments ?? [];
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escapedMarkup(title)}</title>
<style>body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 68rem; padding: 0 1rem; color: #1c1c1c; }
pre { overflow-x: auto; } svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; }</style>
<h1>${escapedMarkup(title)}</h1>
<pre>${escapedMarkup(adviceText(advice))}</pre>
<h2>At ${shown?.ratePerMinute ?? 0} a minute</h2>
${CURVES.map((curves) => chart(moments, curves)).join('\n')}
</html>
`;
};
