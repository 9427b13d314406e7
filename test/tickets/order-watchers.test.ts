import test from 'ava';
import { VirtualTimeScheduler } from 'rxjs';
import { createOrderWatchers } from '../../src/tickets/order-watchers.ts';

const create = () => {
  const scheduler = new VirtualTimeScheduler();
  const watchers = createOrderWatchers({ next: () => 0 }, scheduler);
  const until = (ms: number): void => {
    scheduler.maxFrames = ms;
    scheduler.flush();
  };
  const timers = (): number => scheduler.actions.filter((action) => !action.closed).length;
  return { watchers, until, timers };
};

test('who watches an order hears of its changes, of no other order, and nothing after the end', (t) => {
  const { watchers } = create();
  let heard = 0;
  const unwatch = watchers.watch('mine', () => (heard += 1));
  watchers.changed('mine');
  watchers.changed('another');
  t.is(heard, 1);
  unwatch();
  watchers.changed('mine');
  t.is(heard, 1);
  watchers.stop();
});

test('one function given twice is two watchers, and ending one leaves the other', (t) => {
  const { watchers } = create();
  let heard = 0;
  const onChange = (): void => void (heard += 1);
  const unwatch = watchers.watch('mine', onChange);
  watchers.watch('mine', onChange);
  watchers.changed('mine');
  t.is(heard, 2);
  unwatch();
  unwatch();
  watchers.changed('mine');
  t.is(heard, 3);
  watchers.stop();
});

test('a watcher that throws costs nobody else the news', (t) => {
  const { watchers } = create();
  let heard = 0;
  watchers.watch('mine', () => {
    throw new Error('mine alone');
  });
  watchers.watch('mine', () => (heard += 1));
  t.notThrows(() => watchers.changed('mine'));
  t.is(heard, 1);
  watchers.stop();
});

test('changes on other nodes are found by looking every two seconds, as long as somebody watches', (t) => {
  const { watchers, until, timers } = create();
  t.is(timers(), 0, 'nobody watches, nobody looks');
  let looks = 0;
  const unwatch = watchers.watch('mine', () => (looks += 1));
  until(6_500);
  t.is(looks, 3);
  unwatch();
  t.is(timers(), 0);
  until(20_000);
  t.is(looks, 3);
});

test('stopped, it forgets everybody and leaves no timer', (t) => {
  const { watchers, until, timers } = create();
  let heard = 0;
  watchers.watch('mine', () => (heard += 1));
  watchers.stop();
  watchers.changed('mine');
  until(10_000);
  t.is(heard, 0);
  t.is(timers(), 0);
});
