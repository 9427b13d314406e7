import test from 'ava';
import { systemIds } from '../../src/infra/environment.ts';
import {
  createCodeGuesses,
  GUESSES_PER_FAN,
  GUESSES_PER_NETWORK,
} from '../../src/waiting-room/code-guesses.ts';
import { GUESS_WINDOW_MS } from '../../src/waiting-room/guess-counter.ts';

const setUp = () => {
  let nowMs = 1_000_000;
  const guesses = createCodeGuesses({ nowMs: () => nowMs });
  return { guesses, pass: (ms: number) => void (nowMs += ms) };
};

test('a fan who guesses waits for the window to end, also when all guesses come at once; others are not kept', (t) => {
  const { guesses, pass } = setUp();
  const fan = systemIds.next();
  for (let guess = 0; guess < GUESSES_PER_FAN; guess += 1) t.is(guesses.begin(fan, null), null);
  const waitMs = guesses.begin(fan, null) ?? 0;
  t.true(waitMs > 0 && waitMs <= GUESS_WINDOW_MS);
  t.is(guesses.begin(systemIds.next(), null), null);
  pass(GUESS_WINDOW_MS + 1);
  t.is(guesses.begin(fan, null), null);
});

test('a network of guessers is kept, whoever they say they are, and good codes never count', (t) => {
  const { guesses } = setUp();
  const bring = (right: boolean): boolean => {
    const fan = systemIds.next();
    if (guesses.begin(fan, '192.0.2.7') !== null) return false;
    guesses.end(fan, '192.0.2.7', right);
    return true;
  };
  for (let code = 0; code < 500; code += 1) t.true(bring(true));
  for (let guess = 0; guess < GUESSES_PER_NETWORK; guess += 1) t.true(bring(false));
  t.false(bring(true));
  t.is(guesses.begin(systemIds.next(), '192.0.2.8'), null);
});
