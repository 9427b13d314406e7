import type { Clock, Random } from '../../domain/ports/environment.ts';
import type { ActorView } from '../../domain/ports/services.ts';
import type { ActorRef, ActorSpec, AnyRef } from './actor.ts';
import { Cell } from './cell.ts';
import { Deadlines } from './deadlines.ts';
import { NactTree } from './nact-tree.ts';
import { nactName, pathSegment } from './names.ts';
import type { AnyCell, Family, Runtime } from './runtime.ts';
import { EventFeed, type EventCounts, type SupervisionEvent } from './supervision-events.ts';

export interface ActorSystemOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** What `stop` gives actors to finish what they have taken on. */
  readonly drainTimeoutMs: number;
}

export interface ActorSystem {
  /**
   * An actor at the top, or below `parent`; its `start` has run when this returns. If the parent or the system is not running,
   * the reference is of an actor that has stopped already. Throws if a living sibling has the name.
   */
  spawn<State, Message>(spec: ActorSpec<State, Message>, parent?: AnyRef): ActorRef<Message>;
  /** A snapshot, parents before their children. */
  tree(): readonly ActorView[];
  /** Crashes the actor as if its handler had thrown, before anything else it would do. False: no living actor has this path. */
  kill(path: string): boolean;
  /**
   * Children before parents: each refuses what is new, finishes what it has taken on, and stops; at the latest after
   * `drainTimeoutMs`, when the rest is answered with faults. Then no actor, timer or nact task is left. Twice is fine.
   */
  stop(): Promise<void>;
  /** Every supervision event as it happens; the listener must be quick. The returned function ends it. */
  subscribe(listener: (event: SupervisionEvent) => void): () => void;
  /** How many events of each type there have been. */
  counts(): EventCounts;
}

class NactActorSystem implements ActorSystem {
  readonly #runtime: Runtime;
  readonly #drainTimeoutMs: number;
  readonly #roots = new Map<string, AnyCell>();
  #stopped: Promise<void> | null = null;

  constructor({ clock, random, drainTimeoutMs }: ActorSystemOptions) {
    let lastNumber = 0;
    this.#drainTimeoutMs = drainTimeoutMs;
    this.#runtime = {
      clock,
      random,
      feed: new EventFeed(),
      deadlines: new Deadlines(clock),
      nact: new NactTree(),
      index: new Map(),
      stopping: false,
      nextNumber: () => (lastNumber += 1),
      spawn: (family, spec, open) => this.#spawn(family, spec, open),
    };
  }

  spawn<State, Message>(spec: ActorSpec<State, Message>, parent?: AnyRef): ActorRef<Message> {
    if (parent === undefined) return this.#spawn({ parent: null, siblings: this.#roots }, spec, true);
    if (!(parent instanceof Cell)) throw new TypeError(`${parent.path} is no actor of this kit`);
    const cell: AnyCell = parent;
    return this.#spawn({ parent: cell, siblings: cell.children }, spec, cell.state === 'running');
  }

  #spawn<State, Message>(
    { parent, siblings }: Family,
    spec: ActorSpec<State, Message>,
    open: boolean,
  ): ActorRef<Message> {
    if (spec.name === '') throw new RangeError('an actor needs a name');
    const segment = pathSegment(spec.name);
    const path = parent === null ? segment : `${parent.path}/${segment}`;
    const cell = new Cell(this.#runtime, path, siblings, spec);
    if (!open || this.#runtime.stopping) {
      cell.end('stopped', null);
      return cell;
    }
    const namesake = siblings.get(spec.name);
    if (namesake !== undefined && namesake.state !== 'closed') throw new Error(`${path} is alive`);
    namesake?.end('stopped', null);
    siblings.set(spec.name, cell);
    this.#runtime.index.set(path, cell);
    const name = nactName(spec.name, this.#runtime.nextNumber());
    this.#runtime.nact.spawn(parent?.nactRef ?? null, name, cell);
    return cell;
  }

  tree(): readonly ActorView[] {
    const views: ActorView[] = [];
    const visit = (cells: ReadonlyMap<string, AnyCell>): void => {
      for (const cell of cells.values()) {
        views.push(cell.view());
        visit(cell.children);
      }
    };
    visit(this.#roots);
    return views;
  }

  kill(path: string): boolean {
    return this.#runtime.index.get(path)?.kill() ?? false;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    this.#runtime.stopping = true;
    const roots = [...this.#roots.values()];
    const cancelTimeout = this.#runtime.clock.after(this.#drainTimeoutMs, () => {
      for (const root of roots) root.end('stopped', null);
    });
    await Promise.all(roots.map((root) => root.drainAndStop()));
    cancelTimeout();
    await this.#runtime.nact.close();
  }

  subscribe(listener: (event: SupervisionEvent) => void): () => void {
    return this.#runtime.feed.subscribe(listener);
  }

  counts(): EventCounts {
    return this.#runtime.feed.counts();
  }
}

/** Starts an empty system of actors over nact. Stop it with `stop()`. */
export const createActorSystem = (options: ActorSystemOptions): ActorSystem => new NactActorSystem(options);
