import { table } from '../rush/report.ts';
import type { Advice, RateOutcome } from './advice.ts';

const minutes = (ms: number | null): string =>
  ms === null ? 'seats left' : `${(ms / 60_000).toFixed(1)} min`;

const rowOf = (outcome: RateOutcome, advice: Advice): readonly string[] => {
  const { ratePerMinute } = outcome;
  const { range } = advice;
  const isGood = range !== null && ratePerMinute >= range.fromPerMinute && ratePerMinute <= range.toPerMinute;
  return [
    `${isGood ? (ratePerMinute === range.fromPerMinute ? '→' : '·') : ' '} ${ratePerMinute}`,
    minutes(outcome.soldOutMs),
    String(outcome.sold),
    minutes(outcome.waitP50Ms),
    minutes(outcome.waitP90Ms),
    `${(outcome.inVain * 100).toFixed(0)} %`,
    `${Math.round(outcome.holdWaitP99Ms)} ms`,
    String(outcome.mostInside),
    `${(outcome.good * 100).toFixed(0)} %`,
  ];
};

const HEAD = [
  '  rate/min',
  'sold out after',
  'sold',
  'wait p50',
  'wait p90',
  'in for nothing',
  'hold p99',
  'most inside',
  'crowds it suits',
];

/** The table of all rates, and in a sentence what to set. */
export const adviceText = (advice: Advice): string => {
  const rows = [HEAD, ...advice.outcomes.map((outcome) => rowOf(outcome, advice))];
  const said =
    advice.range === null
      ? 'No rate meets the aims with most crowds: more holds a second, a longer sale, or other aims are needed.'
      : `Set ratePerMinute to ${advice.range.fromPerMinute}; anything up to ${advice.range.toPerMinute} sells as quickly and keeps the aims.`;
  return `\n${table(rows)}\n\n  ${said}\n\n`;
};
