import type { Logger } from '../infra/log.ts';
import type { SandboxClock, SandboxRandom } from './environment.ts';
import type { Faults, WebhookFault } from './faults.ts';
import type { Delivery } from './ledger.ts';
import type { Poster } from './post.ts';
import { signatureHeader } from './signature.ts';

export interface WebhookSenderOptions {
  readonly url: string | null;
  readonly secret: string;
  readonly clock: SandboxClock;
  readonly random: SandboxRandom;
  readonly log: Logger;
  readonly poster: Poster;
  readonly faults: Pick<Faults, 'strikeWebhook'>;
  /** The event's body as it is to be sent; null if there is no such event. */
  readonly bodyOf: (eventId: string) => string | null;
  readonly onSettled: (eventId: string, state: Delivery) => void;
  /** How many posts may be under way at once. */
  readonly concurrency: number;
  /** How many deliveries may wait; beyond that the newest are left to a redelivery. */
  readonly capacity: number;
}

export interface WebhookSender {
  /** A new event: webhook faults may strike it. */
  announce(eventId: string, eventType: string): void;
  /** Sends an event (again), whatever happened to it before. False: the queue is full. */
  send(eventId: string): boolean;
  /** Null: nothing is sent until there is an address again; what waits goes on waiting. */
  setUrl(url: string | null): void;
  stop(): void;
}

interface Job {
  readonly eventId: string;
  readonly tries: number;
  readonly sinceMs: number;
}

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 10_000;
const GIVE_UP_MS = 86_400_000;
/** How long a delivery that is to arrive out of order waits for another one to overtake it. */
const REORDER_MS = 2_000;

/** Tells the receiver of events, each until it says 2xx: at least once, in no certain order, as Stripe does. */
export const createWebhookSender = (options: WebhookSenderOptions): WebhookSender => {
  const { clock, log } = options;
  // A set, because taking the first of a long array costs its whole length.
  const ready = new Set<Job>();
  const delayed = new Map<Job, () => void>();
  const overtakable: Job[] = [];
  let url = options.url;
  let sending = 0;
  let stopped = false;

  const pump = (): void => {
    for (const job of ready) {
      if (stopped || url === null || sending >= options.concurrency) return;
      ready.delete(job);
      void deliver(job, url);
    }
  };

  const makeReady = (job: Job): void => {
    ready.add(job);
    pump();
  };

  const postpone = (job: Job, delayMs: number): void => {
    if (stopped) return;
    const cancel = clock.after(delayMs, () => {
      delayed.delete(job);
      makeReady(job);
    });
    delayed.set(job, cancel);
  };

  const releaseOvertaken = (): void => {
    for (const job of overtakable.splice(0)) {
      delayed.get(job)?.();
      if (delayed.delete(job)) makeReady(job);
    }
  };

  const retry = (job: Job, reason: string): void => {
    if (stopped) return;
    if (clock.nowMs() - job.sinceMs > GIVE_UP_MS) {
      log.warn({ webhookEvent: job.eventId, tries: job.tries }, 'a webhook was given up');
      options.onSettled(job.eventId, 'abandoned');
      return;
    }
    const ceiling = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(job.tries, 10));
    log.debug({ webhookEvent: job.eventId, reason }, 'a webhook was not taken');
    postpone({ ...job, tries: job.tries + 1 }, ceiling * (0.5 + options.random.next() / 2));
  };

  const deliver = async (job: Job, target: string): Promise<void> => {
    const body = options.bodyOf(job.eventId);
    if (body === null) return;
    sending += 1;
    try {
      const status = await options.poster.post(target, body, {
        'stripe-signature': signatureHeader(body, options.secret, clock.nowMs()),
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      });
      if (status >= 200 && status < 300) {
        options.onSettled(job.eventId, 'delivered');
        releaseOvertaken();
      } else retry(job, `status ${status}`);
    } catch (error) {
      retry(job, (error as Error).message);
    } finally {
      sending -= 1;
      pump();
    }
  };

  const hasRoom = (eventId: string): boolean => {
    if (ready.size + delayed.size < options.capacity) return true;
    log.warn({ webhookEvent: eventId }, 'the webhook queue is full; the event waits for a redelivery');
    return false;
  };

  const jobFor = (eventId: string): Job => ({ eventId, tries: 0, sinceMs: clock.nowMs() });

  const announceStruck = (eventId: string, fault: WebhookFault): void => {
    const job = jobFor(eventId);
    switch (fault.kind) {
      case 'lose':
        options.onSettled(eventId, 'lost');
        return;
      case 'duplicate':
        makeReady(job);
        makeReady(jobFor(eventId));
        return;
      case 'late':
        postpone(job, fault.delayMs);
        return;
      case 'reorder':
        overtakable.push(job);
        postpone(job, REORDER_MS);
        return;
    }
  };

  return {
    announce(eventId, eventType) {
      if (stopped || !hasRoom(eventId)) return;
      const fault = options.faults.strikeWebhook(eventType);
      if (fault === null) makeReady(jobFor(eventId));
      else announceStruck(eventId, fault);
    },
    send(eventId) {
      if (stopped || !hasRoom(eventId)) return false;
      makeReady(jobFor(eventId));
      return true;
    },
    setUrl(next) {
      url = next;
      pump();
    },
    stop() {
      stopped = true;
      ready.clear();
      overtakable.length = 0;
      for (const cancel of delayed.values()) cancel();
      delayed.clear();
    },
  };
};
