import { simulateCommand as runCommand, SimulationUsageError } from '../simulation/command.ts';
import { UsageError } from './usage.ts';

/** The whole sale from a seed; needs no server. */
export const simulateCommand = async (args: readonly string[]): Promise<number> => {
  try {
    return await runCommand(args, {
      write: (text) => void process.stdout.write(text),
      isTTY: process.stdout.isTTY,
      nowMs: () => Date.now(),
    });
  } catch (error) {
    if (error instanceof SimulationUsageError) throw new UsageError(error.message);
    throw error;
  }
};
