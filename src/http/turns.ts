/**
 * Begins what it is given at the end of a turn of the event loop, in the order of asking, at most `perTurn` in one turn. By then everything
 * that came in with that turn has been parsed, so a small body is there with its head and nobody waits for it; and however many come at
 * once, answers of the stores are read and timers run in between.
 */
export const createTurns = (perTurn: number): ((task: () => void) => void) => {
  let tasks: (() => void)[] = [];
  let scheduled = false;

  const turn = (): void => {
    const now = tasks;
    tasks = now.length > perTurn ? now.splice(perTurn) : [];
    scheduled = tasks.length > 0;
    if (scheduled) setImmediate(turn);
    for (const task of now) task();
  };

  return (task) => {
    tasks.push(task);
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  };
};
