import { z } from 'zod';
import type { EventChange } from '../domain/event-change.ts';
import { seatCountOf, type EventDefinition, type SaleEvent } from '../domain/event.ts';
import { PROOF_SETTINGS } from '../domain/join-proof.ts';
import type { LaunchCurve } from '../domain/launch-curve.ts';
import { showFault } from '../domain/show.ts';
import { MOST_LANES } from '../domain/lanes.ts';
import { amountMinor, currency, iso, laneSchema, sectionId } from './schemas.ts';
import { showChangeShape, showDocument, showOf, showShape, withoutShow } from './show-definition.ts';

/** A map larger than this is several events. */
const MAX_SEATS = 200_000;
const MAX_RATE_PER_MINUTE = 10_000_000;
const MAX_INSIDE = 10_000_000;
/** Prices beyond this are typing errors, and a whole order must stay an exact integer. */
const MAX_PRICE_MINOR = 1_000_000_000;

export const ratePerMinute = z.int().min(0).max(MAX_RATE_PER_MINUTE);
export const insideMax = z.int().min(0).max(MAX_INSIDE);

export const closedLoop = z.boolean().meta({
  description: 'The rate follows the health of the sale, below `ratePerMinute`. On unless switched off.',
});

const text = z.string().trim().min(1).max(200);

const row = z.object({ name: sectionId, seats: z.int().min(1).max(MAX_SEATS) });

const priceMinor = amountMinor.max(MAX_PRICE_MINOR);

const section = z
  .object({
    id: sectionId,
    name: text,
    priceMinor,
    rows: z.array(row).min(1).max(5_000).optional(),
    capacity: z.int().min(1).max(MAX_SEATS).optional(),
  })
  .refine((one) => (one.rows === undefined) !== (one.capacity === undefined), {
    message: 'needs either rows or a capacity',
  })
  .refine((one) => isUnique((one.rows ?? []).map((each) => each.name)), {
    message: 'row names must differ',
    path: ['rows'],
  });

const isUnique = (names: readonly string[]): boolean => new Set(names).size === names.length;

const WEEK_SECONDS = 7 * 24 * 3_600;

/** The rates that are planned, as operators write them. */
export const launchCurveSchema = z
  .strictObject({
    startsAt: z.iso.datetime({ offset: true }).optional().meta({ description: 'Default: the opening.' }),
    firstBatch: z.int().min(0).max(MAX_INSIDE).optional().meta({
      description:
        'So many people come in at `ratePerMinute` of the admission before the first point counts.',
    }),
    points: z
      .array(z.strictObject({ afterSeconds: z.int().min(0).max(WEEK_SECONDS), ratePerMinute }))
      .min(1)
      .max(100)
      .meta({ description: 'Between two points the rate changes evenly; after the last it stays.' }),
    taper: z
      .strictObject({ belowShare: z.number().gt(0).max(1), toShare: z.number().min(0).max(1) })
      .optional()
      .meta({
        description:
          'With less than `belowShare` of the seats left the rate falls, to `toShare` of itself at the last one.',
      }),
  })
  .refine(
    ({ points }) =>
      points.every((point, index) => point.afterSeconds > (points[index - 1]?.afterSeconds ?? -1)),
    { message: 'must rise in time', path: ['points'] },
  )
  .meta({ id: 'LaunchCurve', description: 'Planned rates, never above `ratePerMinute` of the admission.' });

/** The curve in the domain's words. */
export const curveOf = ({ startsAt, ...rest }: z.output<typeof launchCurveSchema>): LaunchCurve =>
  startsAt === undefined ? rest : { ...rest, startsAtMs: Date.parse(startsAt) };

/** The curve as operators write it. */
export const curveDocument = ({ startsAtMs, ...rest }: LaunchCurve) =>
  startsAtMs === undefined ? rest : { startsAt: new Date(startsAtMs).toISOString(), ...rest };
const opensAt = z.iso.datetime({ offset: true }).meta({ example: '2026-12-01T12:00:00Z' });

const limits = z.object({
  seatsPerFan: z.int().min(1).max(1_000),
  holdsPerFan: z.int().min(1).max(1_000),
});

/** The lanes as operators write them; their order stays for ever. */
export const lanesSchema = z
  .array(laneSchema)
  .min(1)
  .max(MOST_LANES)
  .refine((lanes) => isUnique(lanes.map(({ id }) => id)), 'lane ids must differ')
  .refine(
    (lanes) => lanes.reduce((sum, { sharePercent }) => sum + sharePercent, 0) === 100,
    'the shares must add up to 100',
  );

/** What an operator sends to create an event; parses into the domain's definition. */
export const eventDefinitionSchema = z
  .object({
    name: text,
    venue: text,
    currency,
    opensAt,
    limits,
    admission: z.object({ ratePerMinute, insideMax, closedLoop: closedLoop.optional() }),
    joinProof: z.enum(PROOF_SETTINGS).optional().meta({
      description:
        'Proof of work at the join. auto: only while joins come faster than people do. Absent: off.',
    }),
    lateMoney: z.object({ reseat: z.boolean() }).optional().meta({
      description:
        'Money that comes after its seats were sold: other seats of that price, or back (default).',
    }),
    launch: launchCurveSchema.optional(),
    draw: z
      .object({ beacon: text })
      .optional()
      .meta({
        description:
          'Which public randomness, of a time after `opensAt`, goes into the draw of those who join before: source and round, ' +
          'so that anybody can look it up. The line waits until an operator has given it. Absent: none.',
      }),
    ...showShape,
    lanes: lanesSchema.optional().meta({
      description:
        'Lanes that share the admissions (docs/LANES.md). Who joins without a code stands in the first that is open.',
    }),
    sections: z.array(section).min(1).max(1_000),
  })
  .superRefine((one, context) => {
    const fault = showFault(showOf(one));
    if (fault !== null) context.addIssue({ code: 'custom', message: fault, path: ['doorsAt'] });
  })
  .refine((one) => isUnique(one.sections.map((each) => each.id)), {
    message: 'section ids must differ',
    path: ['sections'],
  })
  .refine((one) => one.sections.reduce((sum, each) => sum + seatCountOf(each), 0) <= MAX_SEATS, {
    message: `an event has at most ${MAX_SEATS} seats`,
    path: ['sections'],
  })
  .meta({ id: 'EventDefinition' });

/** The definition in the domain's words. */
export const definitionOf = (parsed: z.output<typeof eventDefinitionSchema>): EventDefinition => {
  const { opensAt, launch, ...rest } = withoutShow(parsed);
  return {
    ...rest,
    show: showOf(parsed),
    opensAtMs: Date.parse(opensAt),
    ...(launch === undefined ? {} : { launchCurve: curveOf(launch) }),
  };
};

/** Strict: what may not be changed must not look as if it had been. */
export const eventChangeSchema = z
  .strictObject({
    name: text.optional(),
    venue: text.optional(),
    opensAt: opensAt.optional(),
    limits: limits.optional(),
    lateMoney: z.object({ reseat: z.boolean() }).optional(),
    ...showChangeShape,
    sections: z
      .array(z.strictObject({ id: sectionId, name: text.optional(), priceMinor: priceMinor.optional() }))
      .max(1_000)
      .optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'change at least one thing')
  .refine((change) => isUnique((change.sections ?? []).map((each) => each.id)), {
    message: 'section ids must differ',
    path: ['sections'],
  })
  .meta({ id: 'EventChange' });

export const changeOf = (parsed: z.output<typeof eventChangeSchema>): EventChange => {
  const { opensAt, ...rest } = withoutShow(parsed);
  return {
    ...rest,
    show: showOf(parsed),
    ...(opensAt === undefined ? {} : { opensAtMs: Date.parse(opensAt) }),
  };
};

/** In the schema's own arrays, which are not readonly. */
const launchDocument = (curve: LaunchCurve): z.output<typeof launchCurveSchema> => {
  const { points, ...rest } = curveDocument(curve);
  return { ...rest, points: points.map((point) => ({ ...point })) };
};

/** The other way: an event in the form that creates one like it. */
export const definitionDocument = (event: SaleEvent): z.output<typeof eventDefinitionSchema> => ({
  name: event.name,
  venue: event.venue,
  currency: event.currency,
  opensAt: iso(event.opensAtMs),
  limits: event.limits,
  admission: {
    ratePerMinute: event.admission.ratePerMinute,
    insideMax: event.admission.insideMax,
    closedLoop: event.admission.closedLoop ?? true,
  },
  joinProof: event.joinProof ?? 'off',
  lateMoney: { reseat: event.lateMoney?.reseat ?? false },
  ...(event.launch ? { launch: launchDocument(event.launch.curve) } : {}),
  ...(event.draw === undefined ? {} : { draw: { ...event.draw } }),
  ...showDocument(event.show ?? {}),
  ...(event.lanes === undefined ? {} : { lanes: event.lanes.map((lane) => ({ ...lane })) }),
  sections: event.sections.map(({ id, name, priceMinor, rows, capacity }) => ({
    id,
    name,
    priceMinor,
    ...(rows === undefined ? {} : { rows: rows.map((row) => ({ ...row })) }),
    ...(capacity === undefined ? {} : { capacity }),
  })),
});
