import type { Random } from '../domain/ports/environment.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** A process that the run started: a node, the payment service, the sandbox gateway. */
export interface NodeHandle {
  readonly name: string;
  /** Where it serves HTTP; the same after a restart. */
  readonly url: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it is gone. */
  terminate(): Promise<void>;
  /** SIGSTOP and SIGCONT: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /**
   * Same address and settings, as often as it takes: a server that it needs may be away. Resolves when it is ready.
   * `clockSkewMs`: this life of it sees the wall clock wrong by so much.
   */
  start(options?: { readonly clockSkewMs?: number }): Promise<void>;
  readonly running: boolean;
  /** How often it ended without being told to, and was started again. */
  readonly ownExits: number;
}

/** A private PostgreSQL, Redis or RabbitMQ. */
export interface ServerHandle {
  readonly name: string;
  /** Straight to the server; nodes are given the proxy's address instead. */
  readonly url: string;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** In order: SIGINT for PostgreSQL (fast shutdown), SIGTERM for the others. */
  stop(): Promise<void>;
  /** Same port, same data (Redis: empty); kills it first if it runs. Resolves when it answers. */
  restart(): Promise<void>;
}

export interface RabbitHandle extends ServerHandle {
  /** `rabbitmqctl` against this node; resolves with its output. */
  control(...args: readonly string[]): Promise<string>;
}

/** Everything a nemesis may touch. */
export interface Stage {
  readonly random: Random;
  readonly eventId: string;
  readonly nodes: readonly NodeHandle[];
  readonly sandbox: NodeHandle;
  readonly postgres: ServerHandle;
  readonly redis: ServerHandle;
  readonly rabbit: RabbitHandle;
  /** What nodes talk to their servers through. */
  readonly proxies: { readonly postgres: TcpProxy; readonly redis: TcpProxy; readonly rabbit: TcpProxy };
  readonly holdTtlMs: number;
  sleep(ms: number): Promise<void>;
  /** As an operator, to one node; rejects on anything but 2xx. */
  operate(node: NodeHandle, method: string, path: string, body?: unknown): Promise<unknown>;
  /** Adds fault rules at the sandbox gateway; see `src/sandbox/faults.ts`. */
  gatewayFaults(rules: readonly object[]): Promise<void>;
  clearGatewayFaults(): Promise<void>;
  /** One line to the live view and the timeline. */
  say(text: string): void;
}

export interface Nemesis {
  /** Stable, in kebab case: `redis-kill`. */
  readonly kind: string;
  /** For the report: what is done, in one sentence. */
  readonly describes: string;
  /** Whom it breaks: no two at once on the same part. */
  readonly part: 'actors' | 'nodes' | 'redis' | 'rabbit' | 'postgres' | 'gateway';
  /** How long it is usually let rage before it is healed, from and to, in milliseconds. 0, 0: it heals itself. */
  readonly lastsMs: readonly [number, number];
  /** How long healing takes on a busy machine, and the part to be whole again: it is left in peace for so long. */
  readonly healsInMs: number;
  /**
   * Does the harm and resolves once it is done, with what undoes it. Healing must work whatever happened in between,
   * and resolves when the part is whole again. Rejects if the harm could not be done: the run then counts no fault.
   */
  strike(stage: Stage): Promise<Struck>;
}

export interface Struck {
  readonly target: string;
  /** Where the strike itself can see it: how long what it killed took to run again, in milliseconds. */
  readonly backAfterMs?: number;
  heal(): Promise<void>;
}
