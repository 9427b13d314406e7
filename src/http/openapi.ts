import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { RefusalCode } from '../domain/refusal.ts';
import { STATUS_OF } from './problem.ts';
import type { Route } from './route.ts';
import { problemSchema } from './schemas.ts';

/** `/v1/events/:eventId` and `/v1/actors/*path` as OpenAPI writes them. */
export const templateOf = (path: string): string => path.replace(/[:*]([A-Za-z]\w*)/g, '{$1}');

/** Every code a route may answer with: its own, and those of what runs before it. */
export const refusalsOf = (route: Route): readonly RefusalCode[] => {
  const guarded = route.auth !== 'public' && route.auth !== 'optional' && route.auth !== 'signed';
  return [
    ...(guarded ? (['unauthenticated', 'forbidden'] as const) : []),
    ...(route.params === undefined ? [] : (['not_found'] as const)),
    ...(route.query === undefined && route.headers === undefined ? [] : (['invalid_request'] as const)),
    ...(route.body === undefined
      ? []
      : (['invalid_request', 'malformed_json', 'payload_too_large', 'unsupported_media_type'] as const)),
    ...(route.idempotent === undefined
      ? []
      : ([
          'invalid_request',
          'idempotency_key_reused',
          'idempotency_in_progress',
          'outcome_unknown',
        ] as const)),
    ...(route.refusals ?? []),
    // Anything may find its part away or itself too busy.
    'overloaded',
    'unavailable',
    'internal',
  ];
};

const problemResponses = (route: Route): RouteConfig['responses'] => {
  const codes = new Map<number, Set<RefusalCode>>();
  for (const code of refusalsOf(route)) {
    const status = STATUS_OF[code];
    codes.set(status, (codes.get(status) ?? new Set<RefusalCode>()).add(code));
  }
  return Object.fromEntries(
    [...codes].map(([status, names]) => [
      status,
      {
        description: [...names].map((name) => `\`${name}\``).join(', '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  );
};

const ownResponses = (route: Route): RouteConfig['responses'] =>
  Object.fromEntries(
    Object.entries(route.responses).map(([status, { description, schema, contentType }]) => [
      status,
      {
        description,
        ...(schema === undefined ? {} : { content: { 'application/json': { schema } } }),
        ...(contentType === undefined
          ? {}
          : { content: { [contentType]: { schema: { type: 'string' as const } } } }),
      },
    ]),
  );

const KEY_HEADER = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .meta({ description: 'Same key, same body: the same answer. Visible ASCII.' });

const requestOf = (route: Route): NonNullable<RouteConfig['request']> => {
  const headers = {
    ...route.headers?.shape,
    ...(route.idempotent === undefined ? {} : { 'Idempotency-Key': KEY_HEADER }),
  };
  return {
    ...(route.params === undefined ? {} : { params: route.params }),
    ...(route.query === undefined ? {} : { query: route.query }),
    ...(Object.keys(headers).length === 0 ? {} : { headers: z.object(headers) }),
    ...(route.body === undefined
      ? {}
      : {
          body: {
            required: !route.body.safeParse(undefined).success,
            content: {
              'application/json': { schema: route.auth === 'signed' ? { type: 'object' } : route.body },
            },
          },
        }),
  };
};

const securityOf = (route: Route): RouteConfig['security'] => {
  if (route.auth === 'public' || route.auth === 'signed') return [];
  const scheme = { [route.auth === 'optional' ? 'fan' : route.auth]: [] };
  return route.auth === 'optional' ? [{}, scheme] : [scheme];
};

const ROLES: Readonly<Record<string, string>> = {
  fan: 'A fan: the token of POST /v1/fans, or of the OIDC issuer where one is configured.',
  operator: 'An operator.',
  viewer: 'An operator or a viewer.',
};

/** The OpenAPI 3.1 document of these routes, from the schemas that check them. */
export const describeRoutes = (routes: readonly Route[], publicUrl: string | null): object => {
  const registry = new OpenAPIRegistry();
  for (const [name, description] of Object.entries(ROLES)) {
    registry.registerComponent('securitySchemes', name, {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description,
    });
  }
  for (const route of routes) {
    registry.registerPath({
      method: route.method,
      path: templateOf(route.path),
      summary: route.summary,
      ...(route.description === undefined ? {} : { description: route.description }),
      tags: [...route.tags],
      security: securityOf(route) ?? [],
      request: requestOf(route),
      // A route's own document wins where it answers with the status of a problem (readyz: 503).
      responses: { ...problemResponses(route), ...ownResponses(route) },
    });
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Catraca',
      version: '1',
      description:
        'Errors are RFC 9457 problem+json with a stable `code`. Times are ISO 8601 UTC, amounts integers.',
    },
    servers: [{ url: publicUrl ?? '/' }],
  });
};
