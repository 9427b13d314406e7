import { z } from 'zod';
import type { SaleEvent } from '../../domain/event.ts';
import { PROOF_SETTINGS } from '../../domain/join-proof.ts';
import type { KnobChange } from '../../domain/ports/event-store.ts';
import type { LiveNumbers } from '../../domain/ports/services.ts';
import { refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import {
  closedLoop,
  curveDocument,
  curveOf,
  definitionOf,
  eventDefinitionSchema,
  insideMax,
  launchCurveSchema,
  ratePerMinute,
} from '../event-definition.ts';
import { createSharedPoll } from '../poll.ts';
import { defineRoute, type Route } from '../route.ts';
import { numbersSchema } from '../numbers-schema.ts';
import { count, eventParams, iso, operatorMessage, uuid } from '../schemas.ts';

/** Strict: a misspelt knob must not look as if it had been turned. */
const knobsSchema = z
  .strictObject({
    ratePerMinute: ratePerMinute.optional(),
    insideMax: insideMax.optional(),
    paused: z.boolean().optional(),
    closedLoop: closedLoop.optional(),
    joinProof: z.enum(PROOF_SETTINGS).optional(),
  })
  .refine((knobs) => Object.keys(knobs).length > 0, 'turn at least one knob');

const admissionSchema = z.strictObject({
  eventId: uuid,
  ratePerMinute,
  insideMax,
  paused: z.boolean(),
  closedLoop,
  joinProof: z.enum(PROOF_SETTINGS),
  version: count.meta({ description: 'Rises with every change.' }),
});

const phaseSetting = z.enum(['open', 'paused', 'closed']);

const admissionOf = ({ eventId, admission, joinProof = 'off' }: SaleEvent) => ({
  eventId,
  ratePerMinute: admission.ratePerMinute,
  insideMax: admission.insideMax,
  paused: admission.paused,
  closedLoop: admission.closedLoop ?? true,
  joinProof,
  version: admission.version,
});

/** Only what was sent: `undefined` would read as a knob turned to nothing. */
const changeOf = (body: z.output<typeof knobsSchema>): KnobChange =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));

/** Lines of text and nothing that hides in them. Pages show it as text, never as markup. */
const messageText = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^[^\p{Cc}]*(?:\n[^\p{Cc}]*)*$/u, 'must not have control characters other than new lines');

const shared = { tags: ['operators'] } as const;

const changing = (edge: Pick<Edge, 'operators' | 'options'>): readonly Route[] => [
  defineRoute({
    ...shared,
    method: 'post',
    path: '/v1/operator/events',
    summary: 'Create an event from its definition',
    auth: 'operator',
    priority: 'vital',
    idempotent: 'stored',
    bodyLimitBytes: edge.options.definitionLimitBytes,
    body: eventDefinitionSchema,
    responses: { 201: { description: 'Created.', schema: z.strictObject({ eventId: uuid }) } },
    handler: async ({ body, caller, newId, requestId }) => {
      const event = await edge.operators.createEvent(newId, definitionOf(body), { caller, requestId });
      return json(
        201,
        { eventId: event.eventId },
        { headers: { Location: `/v1/events/${event.eventId}` }, note: { eventId: event.eventId } },
      );
    },
  }),
  defineRoute({
    ...shared,
    method: 'patch',
    path: '/v1/operator/events/:eventId/admission',
    summary: 'Turn the knobs of admission',
    description: 'In force within one second on every node.',
    auth: 'operator',
    priority: 'vital',
    params: eventParams,
    body: knobsSchema,
    responses: { 200: { description: 'All knobs as they are now.', schema: admissionSchema } },
    refusals: ['not_found'],
    handler: async ({ params, body, caller, requestId }) => {
      const event = await edge.operators.turnKnobs(params.eventId, changeOf(body), { caller, requestId });
      return event === null ? refuse('not_found') : json(200, admissionOf(event));
    },
  }),
  defineRoute({
    ...shared,
    method: 'post',
    path: '/v1/operator/events/:eventId/launch',
    summary: 'Plan the rates of the sale',
    description:
      'In force within one second on every node, below the operator’s number. A `ratePerMinute` set by hand takes the plan out of force; sending it again puts it back. `null`: no plan.',
    auth: 'operator',
    priority: 'vital',
    params: eventParams,
    body: z.strictObject({ curve: launchCurveSchema.nullable() }),
    responses: {
      200: {
        description: 'The plan as it stands.',
        schema: z.strictObject({
          eventId: uuid,
          launch: z.strictObject({ curve: launchCurveSchema, active: z.boolean() }).nullable(),
        }),
      },
    },
    refusals: ['not_found'],
    handler: async ({ params, body, caller, requestId }) => {
      const curve = body.curve === null ? null : curveOf(body.curve);
      const event = await edge.operators.planLaunch(params.eventId, curve, { caller, requestId });
      if (event === null) return refuse('not_found');
      const { eventId, launch } = event;
      return json(200, {
        eventId,
        launch: launch ? { curve: curveDocument(launch.curve), active: launch.active } : null,
      });
    },
  }),
  defineRoute({
    ...shared,
    method: 'post',
    path: '/v1/operator/events/:eventId/message',
    summary: 'Tell everybody who waits',
    description: 'In the frame of every node within one second; `null` takes it back.',
    auth: 'operator',
    priority: 'vital',
    params: eventParams,
    body: z.strictObject({ text: messageText.nullable() }),
    responses: {
      200: {
        description: 'What is told now.',
        schema: z.strictObject({ eventId: uuid, message: operatorMessage.nullable() }),
      },
    },
    refusals: ['not_found'],
    handler: async ({ params, body, caller, requestId }) => {
      const event = await edge.operators.setMessage(params.eventId, body.text, { caller, requestId });
      if (event === null) return refuse('not_found');
      const { eventId, message } = event;
      return json(200, {
        eventId,
        message: message ? { text: message.text, at: iso(message.atMs) } : null,
      });
    },
  }),
  defineRoute({
    ...shared,
    method: 'post',
    path: '/v1/operator/events/:eventId/phase',
    summary: 'Open, pause or close the sale',
    auth: 'operator',
    priority: 'vital',
    params: eventParams,
    body: z.strictObject({ phase: phaseSetting }),
    responses: {
      200: { description: 'Set.', schema: z.strictObject({ eventId: uuid, phase: phaseSetting }) },
    },
    refusals: ['not_found'],
    handler: async ({ params, body, caller, requestId }) => {
      const event = await edge.operators.setPhase(params.eventId, body.phase, { caller, requestId });
      return event === null
        ? refuse('not_found')
        : json(200, { eventId: event.eventId, phase: event.phaseSetting });
    },
  }),
];

/** The numbers as they are sent: times as text. */
const documentOf = (numbers: LiveNumbers): object => ({
  ...numbers,
  launch: numbers.launch && { ...numbers.launch, curve: curveDocument(numbers.launch.curve) },
});

const looking = (edge: Edge): readonly Route[] => {
  const numbers = createSharedPoll(
    (eventId) => edge.operators.numbers(eventId),
    edge.options.numbersEveryMs,
    edge.clock,
    (error) => edge.log.warn({ err: error }, 'the live numbers of an event could not be read'),
  );
  return [
    defineRoute({
      ...shared,
      method: 'get',
      path: '/v1/operator/events/:eventId',
      summary: 'The live numbers of an event',
      auth: 'viewer',
      priority: 'vital',
      quiet: true,
      params: eventParams,
      responses: { 200: { description: 'The numbers.', schema: numbersSchema } },
      refusals: ['not_found'],
      handler: async ({ params }) => {
        const now = await edge.operators.numbers(params.eventId);
        return now === null ? refuse('not_found') : json(200, documentOf(now));
      },
    }),
    defineRoute({
      ...shared,
      method: 'get',
      path: '/v1/operator/events/:eventId/stream',
      summary: 'The live numbers of an event, every second',
      auth: 'viewer',
      priority: 'vital',
      params: eventParams,
      responses: {
        200: {
          description: 'Server-sent events; each `data` is the numbers.',
          contentType: 'text/event-stream',
        },
      },
      refusals: ['not_found', 'overloaded'],
      handler: async ({ params }) => {
        const now = await edge.operators.numbers(params.eventId);
        if (now === null) return refuse('not_found');
        return {
          kind: 'stream',
          subscribe(stream) {
            stream.send(documentOf(now));
            return numbers.watch(params.eventId, (next) => stream.send(documentOf(next)));
          },
        };
      },
    }),
  ];
};

/** What operators do with events, and what they see of them. */
export const operatorEventRoutes = (edge: Edge): readonly Route[] => [...changing(edge), ...looking(edge)];
