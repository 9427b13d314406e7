import type { HealthService } from '../domain/ports/health.ts';
import type { Part } from './servers.ts';

/** Tells what the watchers of the parts know; nobody who asks for it waits for a server. */
export const createHealth = (parts: readonly Part[]): HealthService => ({
  parts: async () =>
    parts.map(({ name, where, vital, up, standsIn }) => ({
      name,
      where,
      vital,
      state: up() ? 'up' : 'down',
      ...(standsIn?.() === true ? { standIn: 'PostgreSQL' } : {}),
    })),
});
