import {
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
  type MetricObject,
} from 'prom-client';

/** From a memory answer to a gateway that hangs. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** One metric with its values, as it travels between processes. */
export type MeasuredMetric = MetricObject;

export interface Metrics {
  /** Resolve a route once; the returned function records one answered request. */
  httpRoute(method: string, route: string): (status: number, seconds: number) => void;
  httpStreams(open: number): void;
  httpRefused(priority: string): void;
  httpLimit(limit: number, inFlight: number, waiting: number): void;
  /** Of this process; where it is one of several workers, of all of them. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** What this process alone has measured. */
  measured(): Promise<readonly MeasuredMetric[]>;
  /** A total that rises. Asking for the same name again gives the same one. */
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  /** A value that is read by `collect` at each scrape, or set by its owner. */
  gauge(
    name: string,
    help: string,
    labels?: readonly string[],
    collect?: (gauge: Gauge) => void | Promise<void>,
  ): Gauge;
  /** Durations in seconds, or counts with buckets of their own. */
  histogram(name: string, help: string, labels?: readonly string[], buckets?: readonly number[]): Histogram;
}

/** Of several workers behind one port. */
export interface MeasuredTogether {
  readonly worker: number;
  /** What each of them has measured, this one as well; null: nobody could be asked. */
  gather(): Promise<readonly (readonly MeasuredMetric[])[] | null>;
  /** Whom to ask for what this one has measured. */
  measures(own: () => Promise<readonly MeasuredMetric[]>): void;
}

export interface MetricsOptions {
  /** The process' own vitals as well (default). */
  readonly vitals?: boolean;
  readonly together?: MeasuredTogether | null;
}

/** They differ in the label `worker`, so nothing is added up: this only brings each metric's values together. */
const merged = (all: readonly (readonly MeasuredMetric[])[]): Promise<string> =>
  AggregatorRegistry.aggregate(
    all.map((metrics) => metrics.map((metric) => Object.assign({}, metric, { aggregator: 'sum' as const }))),
  ).metrics();

/** Prometheus metrics of this process, in a registry of their own: the process' vitals, HTTP, and what others add. */
export const createMetrics = ({ vitals = true, together = null }: MetricsOptions = {}): Metrics => {
  const registry = new Registry();
  if (vitals) collectDefaultMetrics({ register: registry });
  const measured = (): Promise<readonly MeasuredMetric[]> => registry.getMetricsAsJSON();
  if (together !== null) {
    registry.setDefaultLabels({ worker: String(together.worker) });
    together.measures(measured);
  }

  const metrics: Metrics = {
    httpRoute(method, route) {
      const byStatus = new Map<number, { observe(seconds: number): void }>();
      return (status, seconds) => {
        let child = byStatus.get(status);
        if (child === undefined) {
          child = durations.labels({ method, route, status: String(status) });
          byStatus.set(status, child);
        }
        child.observe(seconds);
      };
    },
    httpStreams: (open) => streams.set(open),
    httpRefused: (priority) => refused.inc({ priority }),
    httpLimit(limit, inFlight, waiting) {
      limits.set(limit);
      underWay.set(inFlight);
      waitingForPlace.set(waiting);
    },
    async exposition() {
      const all = (await together?.gather()) ?? null;
      return {
        contentType: registry.contentType,
        text: await (all === null ? registry.metrics() : merged(all)),
      };
    },
    measured,
    counter(name, help, labels = []) {
      const known = registry.getSingleMetric(name) as Counter | undefined;
      return known ?? new Counter({ name, help, labelNames: [...labels], registers: [registry] });
    },
    gauge(name, help, labels = [], collect) {
      const known = registry.getSingleMetric(name) as Gauge | undefined;
      if (known !== undefined) return known;
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [registry],
        ...(collect === undefined ? {} : { collect: () => collect(gauge) }),
      });
      return gauge;
    },
    histogram(name, help, labels = [], buckets = SECONDS) {
      const known = registry.getSingleMetric(name) as Histogram | undefined;
      return (
        known ??
        new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] })
      );
    },
  };
  const durations = metrics.histogram('http_request_duration_seconds', 'Time to answer, by route.', [
    'method',
    'route',
    'status',
  ]);
  const refused = metrics.counter(
    'http_requests_refused_total',
    'Requests refused at the door because there were too many.',
    ['priority'],
  );
  const limits = metrics.gauge('http_requests_limit', 'Requests that may be under way at once, as adapted.');
  const underWay = metrics.gauge('http_requests_under_way', 'Requests under way.');
  const waitingForPlace = metrics.gauge(
    'http_requests_waiting',
    'Requests that wait for a place, or for their refusal.',
  );
  const streams = metrics.gauge('http_streams_open', 'Open server-sent event streams.');
  return metrics;
};
