import type { HealthService } from '../domain/ports/services.ts';
import type { Part } from './servers.ts';

/** Asks each part; one that throws is down. */
export const createHealth = (parts: readonly Part[]): HealthService => ({
  parts: () =>
    Promise.all(
      parts.map(async ({ name, where, vital, up }) => {
        try {
          return { name, where, vital, state: (await up()) ? 'up' : 'down' } as const;
        } catch {
          return { name, where, vital, state: 'down' } as const;
        }
      }),
    ),
});
