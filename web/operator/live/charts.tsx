import { t } from '../texts.ts';
import { Chart } from './chart.tsx';
import { milliseconds, n } from './figures.tsx';
import { column, perMinute, type Sample } from './history.ts';

/** The last hour in four pictures: the gate, the people, the seats, the pace. */
export const Charts = ({ history }: { readonly history: readonly Sample[] }) => {
  const times = history.map(({ atMs }) => atMs / 1_000);
  const rate = (pick: (sample: Sample) => number) =>
    column(history, (_, index) => perMinute(history, pick, index));
  return (
    <div class="charts">
      <Chart
        title={t('chartGate')}
        times={times}
        write={n}
        series={[
          { label: t('seriesAdmitted'), colour: 'signal', values: rate((one) => one.admitted) },
          { label: t('seriesArrivals'), colour: 'ink', dash: [2, 5], values: rate((one) => one.joined) },
          {
            label: t('seriesCeiling'),
            colour: 'focus',
            dash: [9, 5],
            steps: true,
            values: column(history, ({ ceiling }) => ceiling),
          },
        ]}
      />
      <Chart
        title={t('chartPeople')}
        times={times}
        write={n}
        series={[
          {
            label: t('waiting'),
            colour: 'ink',
            dash: [2, 5],
            values: column(history, ({ joined, serving }) => Math.max(0, joined - serving)),
          },
          { label: t('inside'), colour: 'signal', values: column(history, ({ inside }) => inside) },
        ]}
      />
      <Chart
        title={t('chartSeats')}
        times={times}
        write={n}
        series={[
          { label: t('sold'), colour: 'good', values: column(history, ({ sold }) => sold) },
          {
            label: t('heldOrPaying'),
            colour: 'care',
            dash: [9, 5],
            values: column(history, ({ held, paying }) => held + paying),
          },
          { label: t('seriesConflicts'), colour: 'bad', dash: [2, 5], values: rate((one) => one.conflicts) },
        ]}
      />
      <Chart
        title={t('chartPace')}
        times={times}
        write={milliseconds}
        series={[
          { label: t('holdP99'), colour: 'signal', values: column(history, ({ p99Ms }) => p99Ms) },
          { label: t('holdP50'), colour: 'ink', dash: [9, 5], values: column(history, ({ p50Ms }) => p50Ms) },
        ]}
      />
    </div>
  );
};
