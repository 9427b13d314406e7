import type { Outbox } from '../domain/ports/outbox.ts';
import { systemClock } from '../infra/environment.ts';
import type { Metrics } from '../infra/metrics.ts';
import type { Catalogue } from '../tickets/catalogue.ts';
import type { WaitingRoom } from '../waiting-room/waiting-room.ts';

/** The gauges of one scrape are read together. */
const READ_AGAIN_AFTER_MS = 1_000;

/** `read` at most once a second, however many gauges ask. A failure leaves them as they were. */
const readTogether = <T>(read: () => Promise<T>): (() => Promise<T | null>) => {
  let last: { readonly atMs: number; readonly value: Promise<T | null> } | null = null;
  return () => {
    const atMs = systemClock.nowMs();
    if (last === null || atMs - last.atMs > READ_AGAIN_AFTER_MS)
      last = { atMs, value: read().catch(() => null) };
    return last.value;
  };
};

const LINE_GAUGES = {
  catraca_line_joined: 'The highest number given out in the line of an event.',
  catraca_line_serving: 'The highest number called.',
  catraca_line_called:
    'People called in all, late-comers included; rises only, and is the same on every node.',
  catraca_line_inside: 'People inside: live passes.',
  catraca_admission_ceiling_per_minute: "The operator's ceiling, people a minute.",
  catraca_admission_rate_per_minute: 'What the line lets in at present, people a minute.',
} as const;

/** Every line, as this node sees it. Counters of a line are shared: take the maximum over the nodes, never the sum. */
export const watchLines = (
  metrics: Metrics,
  catalogue: Pick<Catalogue, 'list'>,
  waitingRoom: Pick<WaitingRoom, 'frame' | 'counters'>,
): void => {
  const read = readTogether(async () => {
    const events = await catalogue.list();
    return Promise.all(
      events.map(async ({ eventId, admission }) => {
        const [frame, line] = [await waitingRoom.frame(eventId), await waitingRoom.counters(eventId)];
        return { eventId, frame, line, ceiling: admission.ratePerMinute };
      }),
    );
  });
  type Line = NonNullable<Awaited<ReturnType<typeof read>>>[number];
  const values: Readonly<Record<keyof typeof LINE_GAUGES, (one: Line) => number | undefined>> = {
    catraca_line_joined: ({ line }) => line?.joined,
    catraca_line_serving: ({ line }) => line?.serving,
    catraca_line_called: ({ line }) => line?.admitted,
    catraca_line_inside: ({ line }) => line?.inside,
    catraca_admission_ceiling_per_minute: ({ ceiling }) => ceiling,
    catraca_admission_rate_per_minute: ({ frame }) => frame?.ratePerMinute,
  };
  for (const [name, help] of Object.entries(LINE_GAUGES)) {
    const valueOf = values[name as keyof typeof LINE_GAUGES];
    metrics.gauge(name, help, ['event'], async (gauge) => {
      const lines = await read();
      if (lines === null) return;
      gauge.reset();
      for (const one of lines) {
        const value = valueOf(one);
        if (value !== undefined) gauge.set({ event: one.eventId }, value);
      }
    });
  }
  metrics.gauge(
    'catraca_admission_limit',
    'What limits the rate now: 1 for the reason that binds.',
    ['event', 'reason'],
    async (gauge) => {
      const lines = await read();
      if (lines === null) return;
      gauge.reset();
      for (const { eventId, frame } of lines)
        if (frame !== null) gauge.set({ event: eventId, reason: frame.reason }, 1);
    },
  );
};

/** What a service has committed and not yet seen confirmed by the bus. The same on every node that serves it. */
export const watchOutboxes = (
  metrics: Metrics,
  outboxes: Readonly<Record<string, Pick<Outbox, 'backlog'>>>,
): void => {
  const read = readTogether(() =>
    Promise.all(
      Object.entries(outboxes).map(async ([service, outbox]) => ({ service, ...(await outbox.backlog()) })),
    ),
  );
  metrics.gauge(
    'catraca_outbox_unsent',
    'Messages committed and not yet confirmed by the bus.',
    ['service'],
    async (gauge) => {
      for (const { service, unsent } of (await read()) ?? []) gauge.set({ service }, unsent);
    },
  );
  metrics.gauge(
    'catraca_outbox_oldest_seconds',
    'Age of the oldest of them, in seconds; 0: there is none.',
    ['service'],
    async (gauge) => {
      for (const { service, oldestAgeMs } of (await read()) ?? [])
        gauge.set({ service }, oldestAgeMs / 1_000);
    },
  );
};
