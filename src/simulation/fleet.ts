import type { Sale } from '../app/sale.ts';
import type { Chance } from './chance.ts';
import type { Broker } from './model/broker.ts';
import { brief } from './network.ts';
import { startNode, type Node, type NodeParts } from './node.ts';

/** `refused`: nobody was there, so nothing happened. `unknown`: no answer came. */
export type Asked<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' };

export interface Fleet {
  /** Starts every node. */
  start(): void;
  /** A request of `fan` to any node that is up. Its answer, or that none came, is the fan's next turn. */
  ask<T>(fan: string, what: string, use: (node: Node) => Promise<T>): Promise<Asked<T>>;
  up(): readonly Node[];
  /** Everything that was in the node's memory is gone; its runner starts it anew. */
  crash(node: Node, reason: string): void;
  /** Every actor system that was ever made, also by nodes that died before they were up. */
  everySale(): readonly Sale[];
}

interface OpenRequest {
  readonly node: string;
  readonly fail: () => void;
}

const RESTART_MS = { from: 50, to: 4_000 };
const LINK_MS = { from: 0.1, to: 5 };
/** A fan's client gives up. */
const CLIENT_TIMEOUT_MS = 15_000;

export interface FleetParts extends Omit<NodeParts, 'name' | 'onFatal' | 'onSale'> {
  readonly chance: Chance;
  readonly broker: Broker;
  readonly size: number;
}

/** The nodes, and the load balancer before them. */
export const createFleet = (parts: FleetParts): Fleet => {
  const { world, faults, chance, broker } = parts;
  const up = new Map<string, Node>();
  /** Those that have begun and not died, up or not yet. */
  const alive = new Map<string, { readonly index: number; readonly life: number }>();
  const sales: Sale[] = [];
  const open = new Set<OpenRequest>();

  const begin = (index: number, life: number, delayMs: number): void => {
    const name = `n${index}.${life}`;
    const onFatal = (reason: string): void => die(name, reason);
    world.plan(name, delayMs, 'starts', () => {
      alive.set(name, { index, life });
      const ready = (node: Node): void => {
        up.set(name, node);
        world.note('is up');
      };
      void startNode({ ...parts, name, onFatal, onSale: (sale) => void sales.push(sale) }).then(
        ready,
        (error: unknown) => world.fail(error),
      );
    });
  };

  const die = (name: string, reason: string): void => {
    const was = alive.get(name);
    if (was === undefined) return;
    alive.delete(name);
    up.delete(name);
    world.note(`${name} dies: ${reason}`);
    world.kill(name);
    broker.forget(name);
    for (const request of open) if (request.node === name) request.fail();
    begin(was.index, was.life + 1, chance.between(RESTART_MS.from, RESTART_MS.to));
  };

  return {
    start() {
      for (let index = 1; index <= parts.size; index += 1) begin(index, 1, chance.between(0, 50));
    },
    up: () => [...up.values()],
    everySale: () => sales,
    crash: (node, reason) => die(node.name, reason),
    ask: (fan, what, use) => {
      const [node, fate] = [
        up.size === 0 ? null : chance.pick([...up.values()]),
        faults.fateOf('front', fan),
      ];
      return new Promise((resolve) => {
        const answer = (
          asked: Awaited<ReturnType<Fleet['ask']>>,
          afterMs = chance.between(LINK_MS.from, LINK_MS.to),
        ): void => {
          const label = asked.kind === 'answer' ? brief(asked.value) : asked.kind;
          world.plan(fan, afterMs, `${what}: ${label}`, () => {
            open.delete(request);
            resolve(asked as never);
          });
        };
        const request: OpenRequest = { node: node?.name ?? '', fail: () => answer({ kind: 'unknown' }) };
        if (node === null) return answer({ kind: 'refused' });
        if (fate.kind === 'lost_before') return answer({ kind: 'unknown' });
        open.add(request);
        world.plan(fan, CLIENT_TIMEOUT_MS, 'timer', () => {
          if (open.has(request)) answer({ kind: 'unknown' }, 0);
        });
        world.plan(node.name, fate.requestMs, `${fan} asks: ${what}`, () => {
          void use(node).then(
            (value) => answer(fate.kind === 'fine' ? { kind: 'answer', value } : { kind: 'unknown' }),
            (error: unknown) => {
              world.note(`${what} failed: ${String(error)}`);
              answer({ kind: 'unknown' });
            },
          );
        });
        return undefined;
      });
    },
  };
};
