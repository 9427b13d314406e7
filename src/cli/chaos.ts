import { chaosCommand as runCommand } from '../chaos/command.ts';
import { createScope } from '../chaos/scope.ts';

/** The exit code of a program that a signal ended, as a shell has it. */
const INTERRUPTED = 130;

/** The chaos run: its own servers and nodes, fans, faults, and an audit of everything that was promised. */
export const chaosCommand = async (args: readonly string[]): Promise<number> => {
  const scope = createScope();
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    // Nothing that was started may outlive the run; the run itself ends by what it misses.
    void scope.close().then(() => process.exit(INTERRUPTED));
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const terminal = {
      write: (text: string) => void process.stdout.write(text),
      isTTY: process.stdout.isTTY,
      columns: process.stdout.columns ?? 80,
      rows: process.stdout.rows ?? 24,
    };
    const code = await runCommand(args, terminal, scope);
    await scope.close();
    return interrupted ? INTERRUPTED : code;
  } catch (error) {
    await scope.close();
    if (interrupted) process.exit(INTERRUPTED);
    throw error;
  }
};
