import { readFile } from 'node:fs/promises';
import type { EventDefinition, SaleEvent } from '../domain/event.ts';
import type { EventStore } from '../domain/ports/event-store.ts';
import { definitionOf, eventDefinitionSchema } from '../http/event-definition.ts';
import { StartError } from './start-error.ts';

const ARENA = new URL('../demo/arena.json', import.meta.url);
/** Always the same, so that a second start finds the first one's event. */
const DEMO_EVENT_ID = '01980000-0000-7000-8000-00000000a12e';

/** Reads an event's definition from a file; says in one sentence what is wrong with it. */
export const readDefinition = async (file: string | URL): Promise<EventDefinition> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new StartError(`${String(file)} cannot be read: ${(error as Error).message}.`, error);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new StartError(`${String(file)} is not JSON: ${(error as Error).message}.`, error);
  }
  const parsed = eventDefinitionSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new StartError(`${String(file)} is no definition of an event:\n  ${problems.join('\n  ')}`);
  }
  return definitionOf(parsed.data);
};

/** An arena of some 20,000 seats, on sale at once. */
export const importDemoEvent = async (events: EventStore): Promise<SaleEvent> =>
  (await events.find(DEMO_EVENT_ID)) ?? events.create(DEMO_EVENT_ID, await readDefinition(ARENA));
