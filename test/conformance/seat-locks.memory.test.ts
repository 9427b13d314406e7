import test from 'ava';
import { systemClock } from '../../src/infra/environment.ts';
import { createMemorySeatLocks } from '../../src/infra/memory/seat-locks.ts';
import { seatLocksSuite } from './seat-locks.ts';

seatLocksSuite(test, () => Promise.resolve(createMemorySeatLocks(systemClock)));
