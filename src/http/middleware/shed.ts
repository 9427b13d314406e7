import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConcurrencyLimit, WINDOW_MS, type Priority } from '../../domain/concurrency-limit.ts';
import { refuse } from '../../domain/refusal.ts';
import { WaitingRequests } from '../../domain/waiting-requests.ts';
import type { Edge } from '../edge.ts';
import { createPriorityLookup } from '../priority-lookup.ts';
import type { Route } from '../route.ts';
import { createTurns } from '../turns.ts';
import { AdmittedRequest } from './admitted-request.ts';
import { requestIdOf } from './observe.ts';
import { writePlainAnswer } from './plain-answer.ts';
import { problemAnswer } from './problems.ts';

/** Between two looks at how late timers are. */
const LAG_EVERY_MS = 50;
const LOOKS_A_WINDOW = WINDOW_MS / LAG_EVERY_MS;
/** At 10,000 refusals a second the log must not become the load. */
const LOG_EVERY_MS = 1_000;
/** Measured with `bench/`: 8 to 48 differ by less than two runs do, and 32 of the dearest take about 5 ms. */
const BEGUN_A_TURN = 32;
/** Below this nothing can be learned about how fast the machine is. */
const LEAST_IN_FLIGHT = 16;
/** Who matters less comes back later, and finds the crowd gone. */
const RETRY_AFTER_MS: Readonly<Record<Priority, number>> = {
  vital: 1_000,
  commit: 1_000,
  pay: 1_000,
  hold: 1_000,
  release: 1_000,
  map: 2_000,
  join: 2_000,
  poll: 2_000,
};

/** Resolves when the request has been dealt with, or its stream opened; never rejects. */
type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Somebody at the door. */
interface Asked {
  readonly handle: Handle;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly priority: Priority;
}

export interface Shedding {
  /** Stands before everything else: what is refused has cost its head's parsing and this, no body, no token, no store. */
  guard(handle: Handle): (request: IncomingMessage, response: ServerResponse) => void;
  start(): void;
  /** From now on nobody waits for a place: who waits is refused, and so is who finds none. */
  drain(): void;
  stop(): void;
}

type ShedEdge = Pick<Edge, 'clock' | 'ids' | 'log' | 'metrics' | 'options' | 'draining' | 'onLoopLag'>;

/** Refuses what is too much, the least dear first, before it costs anything. */
export const createShedding = (edge: ShedEdge, routes: readonly Route[]): Shedding => {
  const { clock, metrics, options } = edge;
  const limit = new ConcurrencyLimit({
    least: Math.min(LEAST_IN_FLIGHT, options.maxInFlight),
    most: options.maxInFlight,
  });
  const priorityOf = createPriorityLookup(routes);
  const waiting = new WaitingRequests<Asked>(options.refusing);
  const refused = new Map<Priority, number>();
  let isDraining = false;
  const begin = createTurns(BEGUN_A_TURN);
  let sending: AdmittedRequest[] = [];
  let cancel = (): void => undefined;
  let looks = 0;
  let loggedAt = 0;

  const answerOverloaded = ({ request, response, priority }: Asked): void => {
    refused.set(priority, (refused.get(priority) ?? 0) + 1);
    metrics.httpRefused(priority);
    const requestId = requestIdOf(request, edge.ids);
    const refusal = refuse('overloaded', { retryAfterMs: RETRY_AFTER_MS[priority] });
    writePlainAnswer(response, requestId, problemAnswer(refusal, requestId), edge.draining());
  };

  const lookAtSenders = (): void => {
    const some = sending;
    sending = [];
    for (const one of some) one.waitForBody();
  };

  const letIn = ({ handle, request, response, priority }: Asked): void => {
    const admitted = new AdmittedRequest(limit, priority, request, letWaitingIn);
    if (request.method !== 'GET') {
      // A small body comes in with its head, so that by the end of this turn only slow senders are incomplete.
      if (sending.length === 0) setImmediate(lookAtSenders);
      sending.push(admitted);
    }
    // Not when the connection closes: of a client that left, the work goes on all the same.
    const isDone = (): void => admitted.done();
    begin(() => void handle(request, response).then(isDone, isDone));
  };

  const letWaitingIn = (): void => {
    for (;;) {
      const next = waiting.next((priority) => limit.admits(priority));
      if (next === undefined) return;
      letIn(next);
    }
  };

  const refuseOverdue = (nowMs: number): void => {
    for (const one of waiting.overdue(nowMs)) answerOverloaded(one);
  };

  /** There is no place for it now. */
  const turnAway = (asked: Asked): void => {
    const left = isDraining ? null : waiting.arrive(asked.priority, asked, performance.now());
    if (left === null) answerOverloaded(asked);
    // Nothing was begun for a client that gives up while it waits, and nothing is.
    else asked.response.once('close', left);
  };

  const logRefusals = (): void => {
    if (refused.size === 0 || performance.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = performance.now();
    const { limit: most, inFlight } = limit;
    edge.log.warn(
      { refused: Object.fromEntries(refused), limit: most, inFlight },
      'too many requests: some are refused',
    );
    refused.clear();
  };

  const look = (dueAt: number): void => {
    const lagMs = Math.max(0, performance.now() - dueAt);
    limit.lagged(lagMs);
    edge.onLoopLag?.(lagMs);
    refuseOverdue(performance.now());
    looks += 1;
    if (looks % LOOKS_A_WINDOW === 0) {
      limit.adapt();
      letWaitingIn();
      metrics.httpLimit(limit.limit, limit.inFlight, waiting.size);
      logRefusals();
    }
    next();
  };
  const next = (): void => {
    const dueAt = performance.now() + LAG_EVERY_MS;
    cancel = clock.after(LAG_EVERY_MS, () => look(dueAt));
  };

  return {
    guard: (handle) => (request, response) => {
      const priority = priorityOf(request.method, request.url);
      const deal = limit.admits(priority) ? letIn : turnAway;
      deal({ handle, request, response, priority });
    },
    start: next,
    drain() {
      isDraining = true;
      refuseOverdue(Number.POSITIVE_INFINITY);
    },
    stop: () => cancel(),
  };
};
