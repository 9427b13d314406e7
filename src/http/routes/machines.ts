import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { json, type Answer } from '../answer.ts';
import type { Edge } from '../edge.ts';
import { defineRoute, type Route } from '../route.ts';

const healthSchema = z
  .strictObject({
    status: z.enum(['ready', 'not_ready', 'draining']),
    parts: z.array(
      z.strictObject({
        name: z.string(),
        where: z.string(),
        state: z.enum(['up', 'down']),
        vital: z.boolean(),
        standIn: z.string().optional().meta({ description: 'Who does its work while it is away.' }),
      }),
    ),
  })
  .meta({ id: 'Readiness' });

/** rapidoc sets styles from its script; nothing else may come from anywhere but here. */
const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

const DOCS_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Catraca: HTTP interface</title>
<script type="module" src="/docs/rapidoc.js"></script>
<rapi-doc spec-url="/openapi.json" load-fonts="false" render-style="read" show-header="false" allow-server-selection="false"></rapi-doc>
</html>
`;

let rapidoc: Promise<Buffer> | null = null;
/** Read once, when somebody first wants it. */
const readRapidoc = (): Promise<Buffer> => {
  rapidoc ??= readFile(createRequire(import.meta.url).resolve('rapidoc/dist/rapidoc-min.js')).catch(
    (error: unknown) => {
      rapidoc = null;
      throw error;
    },
  );
  return rapidoc;
};

const shared = { method: 'get', tags: ['machines'], auth: 'public', priority: 'vital', quiet: true } as const;

const readiness = async (edge: Pick<Edge, 'health' | 'draining'>): Promise<Answer> => {
  if (edge.draining()) return json(503, { status: 'draining', parts: [] });
  const parts = await edge.health.parts();
  const down = parts.some((part) => part.vital && part.state === 'down');
  return json(down ? 503 : 200, { status: down ? 'not_ready' : 'ready', parts });
};

const documents = (openapi: () => object): readonly Route[] => [
  defineRoute({
    ...shared,
    path: '/openapi.json',
    summary: 'This interface, described',
    responses: { 200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) } },
    cacheable: true,
    handler: () => json(200, openapi()),
  }),
  defineRoute({
    ...shared,
    path: '/docs',
    summary: 'This interface, for people',
    responses: { 200: { description: 'A page.', contentType: 'text/html' } },
    handler: () => ({
      kind: 'bytes',
      contentType: 'text/html; charset=utf-8',
      body: DOCS_PAGE,
      headers: { 'Content-Security-Policy': DOCS_CSP },
    }),
  }),
  defineRoute({
    ...shared,
    path: '/docs/rapidoc.js',
    summary: 'The script of that page',
    responses: { 200: { description: 'JavaScript.', contentType: 'text/javascript' } },
    handler: async () => ({
      kind: 'bytes',
      contentType: 'text/javascript; charset=utf-8',
      body: await readRapidoc(),
      headers: { 'Cache-Control': 'public, max-age=3600' },
    }),
  }),
];

/** For orchestrators, scrapers and programs. */
export const machineRoutes = (
  edge: Pick<Edge, 'health' | 'draining' | 'metrics'>,
  openapi: () => object,
): readonly Route[] => [
  defineRoute({
    ...shared,
    path: '/livez',
    summary: 'Whether this process runs',
    responses: { 200: { description: 'It does.', schema: z.strictObject({ status: z.literal('alive') }) } },
    handler: () => json(200, { status: 'alive' }),
  }),
  defineRoute({
    ...shared,
    path: '/readyz',
    summary: 'Whether this node can serve',
    responses: {
      200: { description: 'Every vital part is up.', schema: healthSchema },
      503: { description: 'A vital part is down, or the node is draining.', schema: healthSchema },
    },
    handler: () => readiness(edge),
  }),
  defineRoute({
    ...shared,
    path: '/metrics',
    summary: 'Prometheus metrics of this process',
    responses: { 200: { description: 'Exposition text.', contentType: 'text/plain' } },
    handler: async () => {
      const { contentType, text } = await edge.metrics.exposition();
      return { kind: 'bytes', contentType, body: text };
    },
  }),
  ...documents(openapi),
];
