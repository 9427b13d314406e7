import { randomUUID } from 'node:crypto';
import type { Client } from './client.ts';
import type { EventDocument, NumbersDocument } from './documents.ts';

/** Something without which no run is possible. */
export class RushError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RushError';
  }
}

/** The operator's side of the run: the event, and the numbers on the screen. */
export const createOperator = (client: Client, token: string) => ({
  /** Repeated with the same `key`, it is the same event. */
  async createEvent(definition: object, key: string = randomUUID()): Promise<string> {
    const answer = await client.ask({
      step: 'operator',
      method: 'POST',
      to: '/v1/operator/events',
      token,
      key,
      body: definition,
      timeoutMs: 60_000,
    });
    if (answer.kind !== 'ok') throw new RushError(`the event could not be created: ${said(answer)}`);
    return (answer.body as { readonly eventId: string }).eventId;
  },
  /** As fans see it; a new event may take a moment to be seen everywhere. */
  async findEvent(eventId: string): Promise<EventDocument> {
    const untilMs = performance.now() + 10_000;
    for (;;) {
      const answer = await client.ask({ step: 'operator', method: 'GET', to: `/v1/events/${eventId}` });
      if (answer.kind === 'ok') return answer.body as EventDocument;
      if (performance.now() > untilMs) throw new RushError(`the event cannot be read: ${said(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  },
  /** The codes of this order; the same `key` gives the same again. */
  async makeCodes(eventId: string, order: object, key: string): Promise<readonly string[]> {
    const answer = await client.ask({
      step: 'operator',
      method: 'POST',
      to: `/v1/operator/events/${eventId}/codes`,
      token,
      key,
      body: order,
    });
    if (answer.kind !== 'ok') throw new RushError(`codes could not be made: ${said(answer)}`);
    return (answer.body as { readonly codes: readonly string[] }).codes;
  },
  async numbers(eventId: string): Promise<NumbersDocument | null> {
    const answer = await client.ask({
      step: 'operator',
      method: 'GET',
      to: `/v1/operator/events/${eventId}`,
      token,
    });
    return answer.kind === 'ok' ? (answer.body as NumbersDocument) : null;
  },
});

const said = (answer: { readonly kind: string; readonly code?: string; readonly reason?: string }): string =>
  answer.code ?? answer.reason ?? answer.kind;
