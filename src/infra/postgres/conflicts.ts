import { DatabaseError } from 'pg';

/** Serialization failure and deadlock: Postgres has rolled the transaction back and asks for it again. */
const TRY_AGAIN = new Set(['40001', '40P01']);

const ATTEMPTS = 4;

/** Classes of SQLSTATE after which it is certain that the statement took no effect: bad data, constraint, syntax. */
const NO_EFFECT = ['22', '23', '42', 'P0'];

/** Runs `work` again when Postgres itself says so. Nothing else is repeated: a lost connection leaves an unknown outcome. */
export const retryingConflicts = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= ATTEMPTS || !(error instanceof DatabaseError) || !TRY_AGAIN.has(error.code ?? ''))
        throw error;
    }
  }
};

/** Whether this error proves that nothing was written. */
export const provesNoEffect = (error: unknown): boolean =>
  error instanceof DatabaseError && NO_EFFECT.some((prefix) => error.code?.startsWith(prefix) === true);
