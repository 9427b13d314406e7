import test from 'ava';
import { NEVER, of, throwError, timer, VirtualTimeScheduler } from 'rxjs';
import { map } from 'rxjs/operators';
import { repeating } from '../../src/streams/repeat.ts';

const create = (options: { jitter?: number; draw?: number } = {}) => {
  const scheduler = new VirtualTimeScheduler();
  const errors: unknown[] = [];
  const base = {
    everyMs: 100,
    jitter: options.jitter ?? 0,
    random: () => options.draw ?? 0,
    onError: (error: unknown) => void errors.push(error),
    scheduler,
  };
  const until = (ms: number): void => {
    scheduler.maxFrames = ms;
    scheduler.flush();
  };
  return { scheduler, errors, base, until };
};

test('work is done again and again, a wait before each time', (t) => {
  const { scheduler, base, until } = create();
  const times: number[] = [];
  const subscription = repeating(() => of(scheduler.now()), base).subscribe((at) => void times.push(at));
  until(350);
  t.deepEqual(times, [100, 200, 300]);
  subscription.unsubscribe();
});

test('the wait begins when the work has ended: slow work is never done twice at once', (t) => {
  const { scheduler, base, until } = create();
  const times: number[] = [];
  repeating(() => {
    const begunAt = scheduler.now();
    return timer(250, scheduler).pipe(map(() => begunAt));
  }, base).subscribe((at) => void times.push(at));
  until(900);
  t.deepEqual(times, [100, 450]);
});

test('an error is told and the work goes on, whether it was thrown or came through the stream', (t) => {
  const { base, errors, until } = create();
  let turn = 0;
  const done: number[] = [];
  repeating(() => {
    turn += 1;
    if (turn === 1) throw new Error('thrown');
    if (turn === 2) return throwError(() => new Error('streamed'));
    return of(turn);
  }, base).subscribe((value) => void done.push(value));
  until(450);
  t.deepEqual(
    errors.map((error) => (error as Error).message),
    ['thrown', 'streamed'],
  );
  t.deepEqual(done, [3, 4]);
});

test('each wait is longer by a random part of its share, never shorter', (t) => {
  const { scheduler, base, until } = create({ jitter: 0.5, draw: 0.8 });
  const times: number[] = [];
  repeating(() => of(scheduler.now()), base).subscribe((at) => void times.push(at));
  until(300);
  t.deepEqual(times, [140, 280]);
});

test('who unsubscribes leaves no timer, also in the midst of the work', (t) => {
  const { scheduler, base, until } = create();
  const subscription = repeating(() => NEVER, base).subscribe();
  until(150);
  subscription.unsubscribe();
  t.deepEqual(
    scheduler.actions.filter((action) => !action.closed),
    [],
  );
});
