import test from 'ava';
import { slowdownOf } from '../../src/domain/slowdown.ts';

const event = {
  admission: { ratePerMinute: 1_001, insideMax: 1, paused: false, version: 1 },
  sections: [
    {
      id: 'A',
      name: 'A',
      priceMinor: 1,
      rows: [
        { name: '1', seats: 10 },
        { name: '2', seats: 15 },
      ],
    },
    { id: 'B', name: 'B', priceMinor: 1, capacity: 75 },
  ],
};

test('with every section open nothing slows the line', (t) => {
  t.is(slowdownOf(event, new Set()), null);
  t.is(slowdownOf(event, new Set(['of another time'])), null);
});

test('a closed section slows the line by its share of the seats, and with none open it stands', (t) => {
  const reason = 'section_closed';
  t.deepEqual(slowdownOf(event, new Set(['A'])), { ratePerMinute: 750, reason });
  t.deepEqual(slowdownOf(event, new Set(['B'])), { ratePerMinute: 250, reason });
  t.deepEqual(slowdownOf(event, new Set(['A', 'B'])), { ratePerMinute: 0, reason });
});
