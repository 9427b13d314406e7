import { createHash } from 'node:crypto';

/** Everything that happens, a line each. The digest of all lines is what "replays byte for byte" means. */
export interface Trace {
  /** `loud` lines are those a person wants to read; the rest (turns, timers) only counts for the digest. */
  add(line: string, loud: boolean): void;
  /** The last loud lines, oldest first. */
  tail(): readonly string[];
  readonly lines: number;
  /** SHA-256 over all lines. Final: what is added afterwards counts no more. */
  digest(): string;
}

/** Hashing line by line would cost as much as the simulation: lines are gathered up to this many characters. */
const CHUNK = 16_384;

export const createTrace = (options: {
  readonly keep: number;
  readonly onLine?: ((line: string) => void) | undefined;
}): Trace => {
  const hash = createHash('sha256');
  const kept: string[] = [];
  let chunk = '';
  let lines = 0;
  let final: string | null = null;
  return {
    add(line, loud) {
      if (final !== null) return;
      lines += 1;
      chunk += `${line}\n`;
      options.onLine?.(line);
      if (loud) kept.push(line);
      if (kept.length > options.keep * 2) kept.splice(0, options.keep);
      if (chunk.length < CHUNK) return;
      hash.update(chunk);
      chunk = '';
    },
    tail: () => kept.slice(-options.keep),
    get lines() {
      return lines;
    },
    digest() {
      final ??= hash.update(chunk).digest('hex');
      return final;
    },
  };
};
