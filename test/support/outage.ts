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

export type LineFrame = Frame & { readonly epoch: number; readonly at: string };

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
  readonly atMs: number;
  readonly serving: number;
}

/**
 * Looks at a line from outside, at all nodes, all the time. A node makes one frame after the other: what a frame counts
 * had been called when it was made, and it was counted after the frame before it was made. So the time in between is
 * known however slow the machine is, and more than rate and burst allow in it were never allowed.
 */
export const watchLine = (urls: readonly string[], eventId: string, ratePerMinute: number): LineWatch => {
  const burst = Math.max(1, Math.floor(ratePerMinute / 60));
  const looks = urls.map((): Look[] => []);
  const over = new AbortController();
  const watching = urls.map(async (url, node) => {
    while (!over.signal.aborted) {
      const { serving, at } = await frameOf(url, eventId);
      const atMs = Date.parse(at);
      if (looks[node]?.at(-1)?.atMs !== atMs) looks[node]?.push({ atMs, serving });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  return {
    async faults() {
      over.abort();
      await Promise.all(watching);
      const fell = looks.flatMap((own) =>
        own.flatMap((look, index) => {
          const before = own[index - 1]?.serving ?? 0;
          return look.serving < before ? [`serving fell from ${before} to ${look.serving}`] : [];
        }),
      );
      const fast = looks.flatMap((own) =>
        own.slice(1).flatMap((from, index) => {
          const beganMs = own[index]?.atMs ?? 0;
          return looks.flat().flatMap((to) => {
            const allowed = burst + (ratePerMinute * (to.atMs - beganMs)) / 60_000;
            const called = to.serving - from.serving;
            return called > 0 && called > allowed
              ? [`${called} were called within ${to.atMs - beganMs} ms`]
              : [];
          });
        }),
      );
      return [...fell, ...fast.slice(0, 3)];
    },
  };
};
