import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import type { EventView, SeatMap } from '../../domain/ports/services.ts';
import { isRefusal, refuse } from '../../domain/refusal.ts';
import { json } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';
import { arenaSchema, arenaStatesSchema, eventParams } from '../schemas.ts';

type ArenaDocument = z.output<typeof arenaSchema>;
type StatesDocument = z.output<typeof arenaStatesSchema>;

/** As long as the edge cache keeps it: a node without one asks its sections no more often either. */
const KEPT_MS = 1_000;
const EVENTS_KEPT = 100;

const maps = new WeakMap<EventView['event'], ArenaDocument>();

const mapOf = ({ event }: EventView): ArenaDocument => {
  const known = maps.get(event);
  if (known !== undefined) return known;
  const document: ArenaDocument = {
    eventId: event.eventId,
    sections: event.sections.map(({ id, name, priceMinor, rows, capacity }) => ({
      sectionId: id,
      name,
      priceMinor,
      rows: rows === undefined ? null : rows.map((row) => ({ name: row.name, seats: row.seats })),
      capacity: capacity ?? null,
    })),
  };
  maps.set(event, document);
  return document;
};

/** One letter a seat, front row first: as `seats` lists them. */
const statesOf = (map: SeatMap): string => map.seats.map(({ status }) => status.charAt(0)).join('');

/** One state for all who ask within a second, and the same object while nothing changed, so that it is rendered once. */
const createStates = (edge: Pick<Edge, 'tickets' | 'clock'>) => {
  interface Kept {
    readonly atMs: number;
    readonly states: Promise<StatesDocument>;
  }
  const kept = new LRUCache<string, Kept>({ max: EVENTS_KEPT });
  const last = new LRUCache<string, StatesDocument>({ max: EVENTS_KEPT });

  const read = async ({ event }: EventView): Promise<StatesDocument> => {
    const inRows = event.sections.filter((section) => section.rows !== undefined);
    const sections = await Promise.all(
      inRows.map(async ({ id }) => {
        const map = await edge.tickets.seatMap(event.eventId, id);
        return isRefusal(map)
          ? { sectionId: id, version: 0, states: null }
          : { sectionId: id, version: map.version, states: statesOf(map) };
      }),
    );
    const before = last.get(event.eventId);
    const same = sections.every((one, index) => {
      const old = before?.sections[index];
      return old?.sectionId === one.sectionId && old.version === one.version && old.states === one.states;
    });
    if (before !== undefined && same) return before;
    const document = { eventId: event.eventId, sections };
    last.set(event.eventId, document);
    return document;
  };

  return (view: EventView): Promise<StatesDocument> => {
    const { eventId } = view.event;
    const nowMs = edge.clock.nowMs();
    const known = kept.get(eventId);
    if (known !== undefined && nowMs - known.atMs < KEPT_MS) return known.states;
    const states = read(view);
    kept.set(eventId, { atMs: nowMs, states });
    // Who waits hears of it; who comes later tries anew.
    states.catch(() => kept.delete(eventId));
    return states;
  };
};

const shared = { tags: ['events'], auth: 'public', priority: 'map', cacheable: true, quiet: true } as const;

/** The whole arena in two answers: what never changes, and one letter a seat. */
export const eventMapRoutes = (edge: Pick<Edge, 'tickets' | 'clock'>): readonly Route[] => {
  const readStates = createStates(edge);
  return [
    defineRoute({
      ...shared,
      method: 'get',
      path: '/v1/events/:eventId/map',
      summary: 'The sections and rows of an event',
      params: eventParams,
      responses: { 200: { description: 'The map.', schema: arenaSchema } },
      refusals: ['not_found'],
      handler: async ({ params }) => {
        const view = await edge.tickets.findEvent(params.eventId);
        return view === null ? refuse('not_found') : json(200, mapOf(view));
      },
    }),
    defineRoute({
      ...shared,
      method: 'get',
      path: '/v1/events/:eventId/seats',
      summary: 'Every seat of an event, one letter each',
      description:
        'At most a second old. Twenty thousand seats are 20 kB; `…/sections/{id}/seats` names them.',
      params: eventParams,
      responses: { 200: { description: 'The states.', schema: arenaStatesSchema } },
      refusals: ['not_found', 'unavailable', 'overloaded'],
      handler: async ({ params }) => {
        const view = await edge.tickets.findEvent(params.eventId);
        return view === null ? refuse('not_found') : json(200, await readStates(view));
      },
    }),
  ];
};
