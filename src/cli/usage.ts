import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The command was called wrongly: the usage is shown, exit code 2. */
export class UsageError extends Error {}

/** node's own parser, its complaints as a `UsageError`. */
export const parsed = <const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> => {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};
