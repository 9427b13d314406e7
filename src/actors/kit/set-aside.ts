/** A command that has crashed its actor so often is not tried again: it would close the actor to everybody else. */
const CRASHES_MAX = 3;
/** Commands remembered; the one that crashed longest ago is forgotten for the next. */
const COMMANDS_MAX = 1_000;

/**
 * How often commands have crashed their actors, by the commands' ids. It outlives incarnations and actors: hand the same
 * log to the successor of a closed one, or its commands have their crashes free again.
 */
export class CrashLog {
  readonly #crashes = new Map<string, number>();

  /** Commands remembered. 0 is the rule, and costs nothing to ask. */
  get size(): number {
    return this.#crashes.size;
  }

  isSetAside(commandId: string): boolean {
    return (this.#crashes.get(commandId) ?? 0) >= CRASHES_MAX;
  }

  /** True: with this crash the command is set aside. */
  note(commandId: string): boolean {
    const crashes = (this.#crashes.get(commandId) ?? 0) + 1;
    this.#crashes.delete(commandId);
    if (this.#crashes.size >= COMMANDS_MAX) this.#crashes.delete(this.#crashes.keys().next().value ?? '');
    this.#crashes.set(commandId, crashes);
    return crashes === CRASHES_MAX;
  }
}

/** What an actor does about commands that crash it each time they come. */
export interface SetAside<in Message> {
  readonly log: CrashLog;
  /** The id under which the same command comes again, also where the message is a result of it. Null: of no command. */
  readonly commandIdOf: (message: Message) => string | null;
  /** Answers the asker of a command that was set aside. */
  readonly refuse: (message: Message) => void;
}

/** Answers the message if its command is set aside. False: it is to be handled. */
export const answeredSetAside = <Message>(
  setAside: SetAside<Message> | undefined,
  message: Message,
): boolean => {
  if (setAside === undefined || setAside.log.size === 0) return false;
  const commandId = setAside.commandIdOf(message);
  if (commandId === null || !setAside.log.isSetAside(commandId)) return false;
  setAside.refuse(message);
  return true;
};
