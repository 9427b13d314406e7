import { connect, type ChannelModel, type Options, type RecoveringChannelModel } from 'amqplib';
import { urlsOf } from '../../domain/server-address.ts';
import type { Clock } from '../../domain/ports/environment.ts';
import type { Logger } from '../log.ts';
import { within } from '../deadline.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const SETUP_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** A broker that went silent is noticed after two of them. */
const HEARTBEAT_S = 5;

export interface LinkOptions {
  /** It may name several nodes of a cluster: the next one is tried when one cannot be had. */
  readonly url: string;
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Builds all channels of this connection. `fail` gives the whole connection up: whatever broke is then built anew. */
  readonly setup: (model: ChannelModel, fail: (why: Error) => void) => Promise<void>;
  /** The connection is gone, or was never finished. */
  readonly onDown: () => void;
}

export interface Link {
  /** Connected, set up, and not blocked by an alarm of the broker. */
  usable(): boolean;
  /** Resolves at the first time it is set up; as long as there is no broker it waits. Rejects once closed. */
  ready(): Promise<void>;
  /** Why the last attempt to connect failed; null while there was none, or since one succeeded. */
  lastFault(): Error | null;
  close(): Promise<void>;
}

const withHeartbeat = (url: string): string => {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_S));
  return parsed.href;
};

/** amqplib reads it anew at each attempt, so it may lead to another node each time. */
const leadingTo = (urls: readonly string[], at: () => number): Options.Connect => {
  const [{ protocol, username, password, pathname, searchParams }] = [new URL(urls[0] ?? '')];
  const now = (): URL => new URL(urls[at() % urls.length] ?? '');
  return {
    protocol: protocol.slice(0, -1),
    ...(username !== '' && {
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    }),
    ...(pathname.length > 1 && { vhost: pathname.slice(1) }),
    heartbeat: Number(searchParams.get('heartbeat') ?? HEARTBEAT_S),
    get hostname() {
      return now().hostname.replaceAll(/^\[|\]$/g, '');
    },
    get port() {
      return Number(now().port) || (protocol === 'amqps:' ? 5671 : 5672);
    },
  };
};

/**
 * amqplib's close waits for the broker's word without a bound, and its recovery waits for that close; a broker that went
 * silent would stop recovery for ever. A dead socket cannot.
 */
const cut = (model: ChannelModel, why: Error): void => {
  (model.connection as unknown as { stream: { destroy(error: Error): void } }).stream.destroy(why);
};

/**
 * One connection that is made again whenever it breaks, with rising delays, for as long as it takes. Channels are not
 * repaired one by one: a channel that dies takes its connection with it, so that there is one way to come back, not two.
 */
export const createLink = (options: LinkOptions): Link => {
  const { clock, log, name } = options;
  let current: ChannelModel | null = null;
  let up = false;
  let blocked = false;
  let closed = false;
  let lastFault: Error | null = null;
  const urls = urlsOf(options.url);
  let at = 0;

  const down = (): void => {
    up = false;
    blocked = false;
    options.onDown();
  };

  const failed = (model: ChannelModel, why: Error): void => {
    if (closed || current !== model) return;
    log.warn({ err: why, link: name }, 'a RabbitMQ connection is given up');
    cut(model, why);
  };

  const setup = async (model: ChannelModel): Promise<void> => {
    current = model;
    model.on('error', (error: Error) => log.warn({ err: error, link: name }, 'a RabbitMQ connection broke'));
    model.on('handler-error', (error: Error) =>
      log.error({ err: error, link: name }, 'a RabbitMQ listener threw'),
    );
    model.on('blocked', (reason: string) => {
      blocked = true;
      log.warn({ reason, link: name }, 'RabbitMQ takes no messages');
    });
    model.on('unblocked', () => (blocked = false));
    const gone = new Promise<void>((resolve) => model.once('close', () => resolve()));
    try {
      await within(
        clock,
        SETUP_TIMEOUT_MS,
        options.setup(model, (why) => failed(model, why)),
      );
      up = true;
      lastFault = null;
    } catch (error) {
      cut(model, error as Error);
      await within(clock, CLOSE_TIMEOUT_MS, gone).catch(() => undefined);
      throw error;
    }
  };

  const address = urls.length === 1 ? withHeartbeat(options.url) : leadingTo(urls, () => at);
  const connecting = connect(address, {
    timeout: CONNECT_TIMEOUT_MS,
    noDelay: true,
    clientProperties: { connection_name: `catraca ${name}` },
    recovery: { setup, waitForConnect: false, initialDelay: 100, maxDelay: 5_000 },
  }).then((model) => {
    model.on('error', () => undefined);
    model.on('disconnect', down);
    model.on('connect-failed', (error: Error) => {
      lastFault = error;
      at += 1;
      down();
      log.warn({ err: error, link: name }, 'RabbitMQ cannot be reached');
    });
    return model;
  });

  const closeModel = async (model: RecoveringChannelModel): Promise<void> => {
    try {
      await within(clock, CLOSE_TIMEOUT_MS, model.close());
    } catch (error) {
      if (current !== null) cut(current, error as Error);
    }
  };

  return {
    usable: () => up && !blocked && !closed,
    ready: async () => {
      const model = await connecting;
      await model.waitForConnect();
    },
    lastFault: () => lastFault,
    async close() {
      closed = true;
      await closeModel(await connecting);
      down();
    },
  };
};
