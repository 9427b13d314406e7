import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP relay in front of one server, that can be told to harm what passes. */
export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Closes every connection at once (RST); new ones are welcome. Returns how many. */
  cutAll(): number;
  /** Connections stay up and new ones are accepted, but no byte passes in either direction until `heal()`: half-open. */
  hold(): void;
  /** New connections are closed at once and old ones cut, until `heal()`. */
  refuse(): void;
  /** Each chunk waits this long, in each direction; order is kept. 0: none. */
  delay(ms: number): void;
  /**
   * The next request that contains one of `needles` goes through to the server, what the server answers is swallowed up to
   * PostgreSQL's ReadyForQuery, and the connection is cut: the server has done it, and the client cannot know. Resolves
   * with the needle; rejects when `signal` aborts before that.
   */
  swallowReply(needles: readonly string[], signal: AbortSignal): Promise<string>;
  /** Ends `hold`, `refuse` and `delay`; what was held passes. */
  heal(): void;
  close(): Promise<void>;
}

/** PostgreSQL's last word to a request: `Z`, length 5, transaction status. */
const READY_FOR_QUERY = Buffer.from([0x5a, 0, 0, 0, 5]);

const endsReady = (bytes: Buffer): boolean =>
  bytes.length >= 6 && bytes.subarray(bytes.length - 6, bytes.length - 1).equals(READY_FOR_QUERY);

interface Trap {
  readonly needles: readonly string[];
  readonly sprung: (needle: string) => void;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** Answers are swallowed until the server is ready; then the connection is cut. */
  swallowing: { readonly needle: string; readonly trap: Trap; tail: Buffer } | null;
}

interface Weather {
  held: boolean;
  refusing: boolean;
  delayMs: number;
}

/** What waits for its time or for the end of a hold, in order. */
const createLane = (from: Socket, to: Socket, weather: Weather, see: (chunk: Buffer) => boolean) => {
  const waiting: { readonly chunk: Buffer | null; readonly dueMs: number }[] = [];
  let timer: NodeJS.Timeout | null = null;
  const pass = (): void => {
    timer = null;
    while (waiting.length > 0 && !weather.held) {
      const [next] = waiting;
      if (next === undefined) return;
      const leftMs = next.dueMs - performance.now();
      if (leftMs > 0) {
        timer = setTimeout(pass, leftMs);
        return;
      }
      waiting.shift();
      if (next.chunk === null) to.end();
      else if (see(next.chunk) && !to.write(next.chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    }
  };
  const push = (chunk: Buffer | null): void => {
    waiting.push({ chunk, dueMs: performance.now() + weather.delayMs });
    if (timer === null) pass();
  };
  from.on('data', push);
  from.on('end', () => push(null));
  return {
    pass: () => {
      if (timer === null) pass();
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      waiting.length = 0;
    },
  };
};

/** Listens on a free port of 127.0.0.1 and relays to `target`. */
export const createTcpProxy = async (target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpProxy> => {
  const weather: Weather = { held: false, refusing: false, delayMs: 0 };
  const links = new Map<Link, { readonly pass: () => void; readonly stop: () => void }[]>();
  let trap: Trap | null = null;

  const drop = (link: Link): void => {
    const lanes = links.get(link);
    if (lanes === undefined) return;
    links.delete(link);
    for (const lane of lanes) lane.stop();
    link.client.resetAndDestroy();
    link.server.destroy();
  };

  const seeRequest = (link: Link) => (chunk: Buffer) => {
    const needle = trap?.needles.find((one) => chunk.includes(one));
    if (trap !== null && needle !== undefined) {
      link.swallowing = { needle, trap, tail: Buffer.alloc(0) };
      trap = null;
    }
    return true;
  };

  const seeAnswer = (link: Link) => (chunk: Buffer) => {
    const { swallowing } = link;
    if (swallowing === null) return true;
    swallowing.tail = Buffer.concat([swallowing.tail, chunk]).subarray(-6);
    if (endsReady(swallowing.tail)) {
      drop(link);
      swallowing.trap.sprung(swallowing.needle);
    }
    return false;
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (weather.refusing) {
      client.resetAndDestroy();
      return;
    }
    const link: Link = {
      client,
      server: connect({ ...target, noDelay: true, allowHalfOpen: true }),
      swallowing: null,
    };
    links.set(link, [
      createLane(client, link.server, weather, seeRequest(link)),
      createLane(link.server, client, weather, seeAnswer(link)),
    ]);
    for (const socket of [client, link.server]) {
      socket.on('error', () => drop(link));
      socket.on('close', () => drop(link));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const cutAll = (): number => {
    const open = [...links.keys()];
    for (const link of open) drop(link);
    return open.length;
  };

  return {
    host: '127.0.0.1',
    port,
    get connections() {
      return links.size;
    },
    cutAll,
    hold() {
      weather.held = true;
    },
    refuse() {
      weather.refusing = true;
      cutAll();
    },
    delay(ms) {
      weather.delayMs = ms;
    },
    swallowReply: (needles, signal) =>
      new Promise((resolve, reject) => {
        const give = (): void => {
          trap = null;
          reject(new Error('nothing of the kind passed'));
        };
        signal.addEventListener('abort', give, { once: true });
        trap = {
          needles,
          sprung(needle) {
            signal.removeEventListener('abort', give);
            resolve(needle);
          },
        };
      }),
    heal() {
      weather.held = false;
      weather.refusing = false;
      weather.delayMs = 0;
      for (const lanes of links.values()) for (const lane of lanes) lane.pass();
    },
    async close() {
      cutAll();
      server.close();
      await once(server, 'close');
    },
  };
};
