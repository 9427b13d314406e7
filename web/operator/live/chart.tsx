import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { LOCALES, language } from '../../shared/texts.ts';
import { t } from '../texts.ts';
import type { Column } from './history.ts';

export interface Series {
  readonly label: string;
  /** A colour of the design by its name, `signal` say. */
  readonly colour: string;
  /** Lines differ by their strokes too: who sees no colours reads the same chart. */
  readonly dash?: readonly number[];
  readonly steps?: boolean;
  readonly values: Column;
}

interface Given {
  readonly title: string;
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly write: (value: number) => string;
}

const HEIGHT_PX = 190;

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const clock = (seconds: number): string =>
  new Intl.DateTimeFormat(LOCALES[language.value], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(new Date(seconds * 1_000));

const dataOf = ({ times, series }: Given): uPlot.AlignedData => [
  [...times],
  ...series.map(({ values }) => [...values]),
];

const optionsOf = (
  given: () => Given,
  width: number,
  onCursor: (index: number | null) => void,
): uPlot.Options => {
  const axis = {
    stroke: colour('ink-2'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '12px Archivo, system-ui, sans-serif',
  };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_, __, max) => [0, Math.max(4, (max ?? 0) * 1.12)] } },
    axes: [
      { ...axis, space: 110, values: (_, splits) => splits.map(clock) },
      {
        ...axis,
        size: 62,
        space: 36,
        values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? given().write(value) : '')),
      },
    ],
    series: [
      {},
      ...given().series.map((one) => ({
        label: one.label,
        stroke: colour(one.colour),
        width: 2.25,
        points: { show: false },
        ...(one.dash === undefined ? {} : { dash: [...one.dash] }),
        ...(one.steps === true ? { paths: uPlot.paths.stepped?.({ align: 1 }) } : {}),
      })),
    ] as uPlot.Series[],
    hooks: { setCursor: [(chart) => onCursor(chart.cursor.idx ?? null)] },
  };
};

/** A short piece of the line itself, drawn as the chart draws it. */
const Stroke = ({ one }: { readonly one: Series }) => (
  <svg viewBox="0 0 34 8" class="stroke" aria-hidden="true">
    <path
      d="M1 4H33"
      stroke={`var(--${one.colour})`}
      stroke-width="3"
      stroke-dasharray={one.dash?.join(' ')}
      fill="none"
    />
  </svg>
);

const said = (value: number | null | undefined, write: (value: number) => string): string =>
  value === null || value === undefined ? '–' : write(value);

/** Every minute's last values, for whom a picture says nothing. */
const Table = ({ title, times, series, write }: Given) => {
  const minutes = times
    .map((seconds, index) => ({ seconds, index }))
    .filter(
      ({ seconds, index }) => Math.floor(seconds / 60) !== Math.floor((times[index + 1] ?? Infinity) / 60),
    )
    .slice(-10);
  return (
    <table class="plain">
      <caption class="unseen">{title}</caption>
      <thead>
        <tr>
          <th scope="col">{t('time')}</th>
          {series.map(({ label }) => (
            <th scope="col" key={label}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {minutes.map(({ seconds, index }) => (
          <tr key={seconds}>
            <th scope="row">{clock(seconds)}</th>
            {series.map(({ label, values }) => (
              <td key={label}>{said(values[index], write)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
};

/** Lines over the last hour. Colours follow dark and light while it stands. */
export const Chart = (props: Given) => {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  const chart = useRef<uPlot | null>(null);
  const at = useSignal<number | null>(null);
  const tabled = useSignal(false);
  latest.current = props;

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const draw = (): void => {
      chart.current?.destroy();
      const options = optionsOf(
        () => latest.current,
        element.clientWidth,
        (index) => (at.value = index),
      );
      chart.current = new uPlot(options, dataOf(latest.current), element);
    };
    draw();
    const resized = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    resized.observe(element);
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      scheme.removeEventListener('change', draw);
      resized.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [language.value]);

  useEffect(() => {
    chart.current?.setData(dataOf(props));
  }, [props.times, props.series]);

  const index = at.value ?? props.times.length - 1;
  return (
    <figure class="chart">
      <figcaption>
        <h3>{props.title}</h3>
        <ul class="row legend">
          {props.series.map((one) => (
            <li key={one.label}>
              <Stroke one={one} />
              {one.label} <strong>{said(one.values[index], props.write)}</strong>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
      <details onToggle={(event) => (tabled.value = event.currentTarget.open)}>
        <summary>{t('asTable')}</summary>
        {tabled.value ? <Table {...props} /> : null}
      </details>
    </figure>
  );
};
