import type { AuditLog } from '../domain/ports/event-store.ts';
import type { Actor } from '../domain/ports/services.ts';

/** Writes who did what, and what was before and after, into `audit`; rejects when it cannot. */
export const recording =
  (audit: Pick<AuditLog, 'append'>) =>
  (by: Actor, action: string, target: string, before: unknown, after: unknown): Promise<void> =>
    audit.append({
      actor: by.caller.id,
      role: by.caller.role,
      action,
      target,
      before,
      after,
      requestId: by.requestId,
    });
