import { signal, type ReadonlySignal } from '@preact/signals';
import type { Problem, Reply } from '../../shared/api.ts';
import type { Readiness } from '../../../src/domain/ports/readiness.ts';
import { asFan } from '../state/session.ts';
import type { Visit } from '../state/visit.ts';

export type { Readiness };

/** What the server says of a join that has not happened yet. */
export interface ReadyCheck {
  /** Null: not heard yet, or not to be had. */
  readonly report: ReadonlySignal<Readiness | null>;
  readonly busy: ReadonlySignal<boolean>;
  /** Nobody could say. */
  readonly failed: ReadonlySignal<boolean>;
  /** Why a code was refused. */
  readonly refused: ReadonlySignal<Problem | null>;
  look(): Promise<void>;
  /** Has the code kept for this fan. */
  bring(code: string): Promise<void>;
}

export const createReadyCheck = (visit: Visit): ReadyCheck => {
  const path = `/v1/events/${visit.eventId}/line/ready`;
  const report = signal<Readiness | null>(null);
  const busy = signal(false);
  const failed = signal(false);
  const refused = signal<Problem | null>(null);

  const asked = async (wish: () => Promise<Reply<Readiness>>): Promise<Problem | null> => {
    if (busy.value) return null;
    busy.value = true;
    const reply = await wish();
    busy.value = false;
    if (!reply.ok) return reply.problem;
    failed.value = false;
    report.value = reply.body;
    return null;
  };

  return {
    report,
    busy,
    failed,
    refused,
    async look() {
      const code = visit.keptCode.value;
      // Past the line goes only who brings the code: what it is worth is asked with it, and costs it no second use.
      const problem = await asked(() =>
        code === null || code !== visit.code.value.trim()
          ? asFan<Readiness>('GET', path)
          : asFan<Readiness>('POST', path, { body: { code } }),
      );
      if (problem === null) return;
      if (problem.code.startsWith('code_')) refused.value = problem;
      else failed.value = true;
    },
    async bring(code) {
      refused.value = null;
      // What the join said of this or another code is answered by this.
      visit.problem.value = null;
      refused.value = await asked(() => asFan<Readiness>('POST', path, { body: { code } }));
      if (refused.value === null) visit.keepCode();
    },
  };
};
