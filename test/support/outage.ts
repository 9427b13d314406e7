import assert from 'node:assert/strict';
import type { ExecutionContext } from 'ava';
import type { ServerHandle } from '../../src/chaos/nemesis.ts';
import { createTcpProxy, type TcpProxy } from '../../src/chaos/tcp-proxy.ts';
import { ask } from './api.ts';
import { eventually } from './eventually.ts';
import type { Frame } from './fan.ts';

/** A busy machine may take its time; the promised times are measured in the benchmark. */
export const PATIENCE_MS = 60_000;

/** The ways in which a server goes away, and how each ends. */
export const HARMS: Readonly<
  Record<string, (server: ServerHandle, proxy: TcpProxy) => Promise<{ heal(): Promise<void> }>>
> = {
  async killed(server) {
    await server.kill();
    return { heal: () => server.restart() };
  },
  async stopped(server) {
    server.pause();
    return { heal: async () => server.resume() };
  },
  async 'cut off'(_server, proxy) {
    proxy.hold();
    return { heal: async () => proxy.heal() };
  },
};

/** A relay before the server, and the URL that leads through it. */
export const proxied = async (
  t: ExecutionContext,
  server: ServerHandle,
): Promise<{ readonly proxy: TcpProxy; readonly url: string }> => {
  const url = new URL(server.url);
  const proxy = await createTcpProxy({ host: url.hostname, port: Number(url.port) });
  t.teardown(() => proxy.close());
  url.port = String(proxy.port);
  return { proxy, url: url.href };
};

export type LineFrame = Frame & {
  readonly epoch: number;
  readonly at: string;
  readonly asOf: string | null;
};

export const frameOf = async (url: string, eventId: string): Promise<LineFrame> =>
  (await ask<LineFrame>(url, 'GET', `/v1/events/${eventId}/line`)).body;

/** Waits until a frame is so; resolves with it and how long that took. */
export const whenFrame = async (
  url: string,
  eventId: string,
  is: (frame: Frame) => boolean,
): Promise<{ readonly frame: LineFrame; readonly ms: number }> => {
  const fromMs = performance.now();
  const frame = await eventually(async () => {
    const now = await frameOf(url, eventId);
    assert.ok(is(now), JSON.stringify(now));
    return now;
  }, PATIENCE_MS);
  return { frame, ms: performance.now() - fromMs };
};

export interface LineWatch {
  /** Ends the watch; resolves with what was wrong: numbers that fell, and windows in which too many were called. */
  faults(): Promise<readonly string[]>;
}

interface Look {
  readonly epoch: number;
  /** By the clock of the line's store: when what the frame counts had been counted. */
  readonly asOfMs: number;
  readonly serving: number;
}

const MINUTE_MS = 60_000;

/**
 * Looks at a line from outside, at all nodes, all the time. Each node tells frames of its own, and in an outage an old count
 * goes on being told; `epoch` and `asOf` put the frames of all of them in one order, in which nothing falls, and in which more
 * than rate and burst allow in the time between two counts was never called.
 */
export const watchLine = (urls: readonly string[], eventId: string, ratePerMinute: number): LineWatch => {
  const burst = Math.max(1, Math.floor(ratePerMinute / 60));
  const looks = new Map<string, Look>();
  const over = new AbortController();
  const watching = urls.map(async (url) => {
    while (!over.signal.aborted) {
      const { epoch, serving, asOf } = await frameOf(url, eventId);
      if (asOf !== null)
        looks.set(`${epoch} ${asOf} ${serving}`, { epoch, asOfMs: Date.parse(asOf), serving });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  return {
    async faults() {
      over.abort();
      await Promise.all(watching);
      const inOrder = [...looks.values()].sort(
        (one, other) => one.epoch - other.epoch || one.asOfMs - other.asOfMs || one.serving - other.serving,
      );
      const fell = inOrder.flatMap((look, index) => {
        const before = inOrder[index - 1]?.serving ?? 0;
        return look.serving < before ? [`serving fell from ${before} to ${look.serving}`] : [];
      });
      const fast = inOrder.flatMap((from, index) =>
        inOrder.slice(index + 1).flatMap((to) => {
          const elapsedMs = Math.max(0, to.asOfMs - from.asOfMs);
          const called = to.serving - from.serving;
          // One more: of a person that was earned in part before.
          return called > burst + 1 + (ratePerMinute * elapsedMs) / MINUTE_MS
            ? [`${called} were called within ${elapsedMs} ms`]
            : [];
        }),
      );
      return [...fell, ...fast.slice(0, 3)];
    },
  };
};
