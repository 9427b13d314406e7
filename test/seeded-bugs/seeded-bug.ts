/** One text of a compiled file of `src`, and what a careless hand would have written there. */
export interface Change {
  /** From `src`: a `.js` as the compiler writes it, or a `.sql` or `.lua` as it is. */
  readonly file: string;
  /** Must be there exactly once: a change that no longer fits is an error, not a bug that was caught. */
  readonly find: string;
  readonly replace: string;
}

/** A bug that the tests must catch. */
export interface SeededBug {
  readonly name: string;
  /** What goes wrong with it. */
  readonly what: string;
  /** The promise of docs/INVARIANTS.md that it breaks. */
  readonly promise: number;
  readonly changes: readonly Change[];
  /** The test that must fail: its file, from `test` and without `.test.ts`, and its title. */
  readonly caughtBy: { readonly file: string; readonly title: string };
}

/** The test asks no server for anything: such a bug is caught within a second or two. */
export const isFast = ({ caughtBy: { file } }: SeededBug): boolean =>
  !/^(?:integration|liars)\/|\.(?:redis|rabbit)$/.test(file);
