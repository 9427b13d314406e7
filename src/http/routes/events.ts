import { z } from 'zod';
import type { EventView } from '../../domain/ports/services.ts';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { eventMapRoutes } from './event-map.ts';
import { showDocument } from '../show-definition.ts';
import { eventSchema } from '../event-schema.ts';
import { eventParams, iso, seatMapSchema, sectionId } from '../schemas.ts';

type EventDocument = z.output<typeof eventSchema>;

/** One document per view object, so that what is rendered for one reader serves all. */
const documents = new WeakMap<EventView, EventDocument>();
const lists = new WeakMap<readonly EventView[], { readonly events: EventDocument[] }>();

const documentOf = (view: EventView): EventDocument => {
  const known = documents.get(view);
  if (known !== undefined) return known;
  const { event } = view;
  const document: EventDocument = {
    eventId: event.eventId,
    name: event.name,
    venue: event.venue,
    currency: event.currency,
    opensAt: iso(event.opensAtMs),
    phase: view.phase,
    ...showDocument(event.show ?? {}),
    limits: { seatsPerFan: event.limits.seatsPerFan, holdsPerFan: event.limits.holdsPerFan },
    ...(event.lanes === undefined ? {} : { lanes: event.lanes.map((lane) => ({ ...lane })) }),
    sections: view.sections.map(({ sectionId, name, priceMinor, seats, left }) => ({
      sectionId,
      name,
      priceMinor,
      seats,
      left,
    })),
  };
  documents.set(view, document);
  return document;
};

const listOf = (views: readonly EventView[]) => {
  const known = lists.get(views);
  if (known !== undefined) return known;
  const list = { events: views.map(documentOf) };
  lists.set(views, list);
  return list;
};

const shared = { tags: ['events'], auth: 'public', priority: 'map', cacheable: true, quiet: true } as const;

/** Events and their seats: what everybody may see. */
export const eventRoutes = (edge: Pick<Edge, 'tickets' | 'clock'>): readonly Route[] => [
  ...eventMapRoutes(edge),
  defineRoute({
    ...shared,
    method: 'get',
    path: '/v1/events/:eventId/sections/:sectionId/seats',
    summary: 'The seats of a section',
    description: 'Versioned snapshot. Seats that are being paid for show as held: they may come back.',
    params: eventParams.extend({ sectionId }),
    responses: { 200: { description: 'The snapshot.', schema: seatMapSchema } },
    refusals: ['not_found', 'unavailable', 'overloaded', 'section_closed'],
    handler: async ({ params }) => {
      const map = await edge.tickets.seatMap(params.eventId, params.sectionId);
      return isRefusal(map) ? map : json(200, map);
    },
  }),
  defineRoute({
    ...shared,
    method: 'get',
    path: '/v1/events',
    summary: 'All events',
    responses: {
      200: { description: 'The events.', schema: z.strictObject({ events: z.array(eventSchema) }) },
    },
    handler: async () => json(200, listOf(await edge.tickets.listEvents())),
  }),
  defineRoute({
    ...shared,
    method: 'get',
    path: '/v1/events/:eventId',
    summary: 'One event: phase, prices, what is left',
    params: eventParams,
    responses: { 200: { description: 'The event.', schema: eventSchema } },
    refusals: ['not_found'],
    handler: async ({ params }) => {
      const view = await edge.tickets.findEvent(params.eventId);
      return view === null ? refuse('not_found') : json(200, documentOf(view));
    },
  }),
];
