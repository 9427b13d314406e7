import type { Priority } from '../domain/concurrency-limit.ts';
import type { Route } from './route.ts';

/** What no route takes costs a look-up and is worth nothing. */
const UNKNOWN: Priority = 'poll';

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/?]+').replaceAll(/\*\w+/g, '[^?]+')}(?:\\?|$)`,
  );

/** The priority of a request by its method and target alone: a few tests of short patterns, the busiest first. */
export const createPriorityLookup = (
  routes: readonly Route[],
): ((method: string | undefined, target: string | undefined) => Priority) => {
  const byMethod = new Map<string, { readonly pattern: RegExp; readonly priority: Priority }[]>();
  for (const route of routes.toSorted((a, b) => Number(b.hot === true) - Number(a.hot === true))) {
    const known = byMethod.get(route.method.toUpperCase()) ?? [];
    known.push({ pattern: patternOf(route.path), priority: route.priority });
    byMethod.set(route.method.toUpperCase(), known);
  }
  return (method = '', target = '') => {
    for (const { pattern, priority } of byMethod.get(method === 'HEAD' ? 'GET' : method) ?? [])
      if (pattern.test(target)) return priority;
    return UNKNOWN;
  };
};
