import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { sharedStage } from '../test/support/app.ts';
import { openBrowser } from '../test/support/browser.ts';

/** The seat map's own modules, as the compiler writes them: what runs is what fans get, but for the bundling. */
const MODULES = new URL('../web/fan/seats/', import.meta.url);
const ROUNDS = 20;
const CHANGES = 500;

const PAGE = `<!doctype html><meta charset="utf-8"><style>:root { --map-ground: #ebe4d6; --map-block: #fbf7ef; --ink: #1a1613;
--ink-2: #5b5148; --seat-held: #b7aa97; --seat-sold: #d5cbbb; --seat-chosen: #c2331a; --good: #1c6b45; --tier-1: #7a2e8c; --tier-2: #1f5fa8;
--tier-3: #14756f; --tier-4: #86580c; --tier-5: #4a5a1e; --tier-6: #5a4a42 } canvas { width: 1000px; height: 700px }</style>`;

/** Runs in the browser. Reading one pixel back waits until everything before it has really been painted. */
const MEASURE = `(async ({ sections, rounds, changes }) => {
  const { layoutOf } = await import('/arena.js');
  const { createArenaView } = await import('/arena-view.js');
  const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const words = { stage: 'Stage', areaLook: () => ({ chosen: false, gone: false }) };
  const first = [], changed = [];
  let seats = 0;
  for (let round = 0; round < rounds; round += 1) {
    document.querySelector('canvas')?.remove();
    const canvas = document.body.appendChild(document.createElement('canvas'));
    const flush = () => canvas.getContext('2d').getImageData(0, 0, 1, 1);
    const began = performance.now();
    const layout = layoutOf({ eventId: 'bench', sections });
    const looks = new Map(layout.sections.map((one) => [one.sectionId, new Uint8Array(one.seats)]));
    const view = createArenaView(canvas, layout, (id) => looks.get(id), words);
    flush();
    first.push(performance.now() - began);
    seats = layout.sections.reduce((sum, one) => sum + one.seats, 0);
    const share = Math.ceil(changes / layout.sections.length);
    // What reading back costs by itself is no part of the painting.
    const idle = performance.now();
    canvas.getContext('2d').fillRect(0, 0, 1, 1);
    flush();
    const again = performance.now();
    for (const one of layout.sections) {
      const indices = Array.from({ length: share }, (_, index) => (index * 37 + round) % one.seats);
      for (const index of indices) looks.get(one.sectionId)[index] = 2;
      view.changed(one, indices);
    }
    flush();
    changed.push(Math.max(0, performance.now() - again - (again - idle)));
  }
  return { seats, firstPaintMs: middle(first), changesMs: middle(changed) };
})`;

interface Definition {
  readonly sections: readonly {
    readonly id: string;
    readonly name: string;
    readonly priceMinor: number;
    readonly rows?: readonly { readonly name: string; readonly seats: number }[];
    readonly capacity?: number;
  }[];
}

/** The demo arena with its standing area turned into rows: twenty thousand seats to paint, each by itself. */
const arena = async (): Promise<readonly object[]> => {
  const text = await readFile(new URL('../src/demo/arena.json', import.meta.url), 'utf8');
  const { sections } = JSON.parse(text) as Definition;
  return sections.map(({ id, name, priceMinor, rows, capacity }) => ({
    sectionId: id,
    name,
    priceMinor,
    rows:
      rows ??
      Array.from({ length: 50 }, (_, row) => ({
        name: String(row + 1),
        seats: Math.ceil((capacity ?? 0) / 50),
      })),
    capacity: null,
  }));
};

export interface ArenaResult {
  readonly seats: number;
  readonly firstPaintMs: number;
  readonly changesMs: number;
}

/** First paint of an arena, and a change of 500 of its seats, in the machine's Chromium without a graphics card: medians. */
export const benchArena = async (): Promise<ArenaResult> => {
  const stage = sharedStage({ log: (() => undefined) as never });
  try {
    const browser = await openBrowser(stage);
    if (browser === null) throw new Error('There is no Chromium here: apt-get install chromium.');
    const server = createServer((request, response) => {
      const name = basename(request.url ?? '/');
      if (!name.endsWith('.js')) {
        response.setHeader('content-type', 'text/html').end(PAGE);
        return;
      }
      response.setHeader('content-type', 'text/javascript');
      readFile(new URL(name, MODULES)).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stage.teardown(() => server.close());
    const page = await browser.newPage({ viewport: { width: 1_100, height: 800 } });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const given = JSON.stringify({ sections: await arena(), rounds: ROUNDS, changes: CHANGES });
    const result = await page.evaluate<ArenaResult>(`${MEASURE}(${given})`);
    console.log(`${result.seats} seats: first paint ${result.firstPaintMs.toFixed(1)} ms (target 150)`);
    console.log(`${CHANGES} changes: ${result.changesMs.toFixed(1)} ms (target 5)`);
    return result;
  } finally {
    await stage.end();
  }
};
