import { rushCommand } from '../../src/rush/command.ts';
import type { RushResult } from '../../src/rush/report.ts';

export interface RushTarget {
  readonly url: string;
  readonly databaseUrl: string | null;
  readonly stripeApiUrl: string;
  readonly operatorToken: string;
}

/** `catraca rush` against a running installation, in this process: its exit code, its result and what it printed. */
export const runRush = async (
  target: RushTarget,
  options: Readonly<Record<string, number>>,
): Promise<{ readonly code: number; readonly result: RushResult; readonly text: string }> => {
  let text = '';
  const code = await rushCommand(
    [...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]), '--json'],
    {
      defaults: {
        url: target.url,
        databaseUrl: target.databaseUrl,
        stripeApiUrl: target.stripeApiUrl,
        stripeSecretKey: 'sk_test_catraca_sandbox',
        callTtlMs: 30_000,
      },
      terminal: { write: (part) => void (text += part), isTTY: false, columns: 80, rows: 24 },
      operatorToken: () => Promise.resolve(target.operatorToken),
    },
  );
  return { code, result: JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as RushResult, text };
};
