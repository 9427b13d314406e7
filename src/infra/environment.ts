import { v7 as uuidv7 } from 'uuid';
import type { Clock, Ids, Random } from '../domain/ports/environment.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

export const systemIds: Ids = { next: () => uuidv7() };

export const systemRandom: Random = { next: () => Math.random() };
