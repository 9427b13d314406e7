import test from 'ava';
import { createClosedSections } from '../../src/tickets/closed-sections.ts';

test('closed sections are known by their event until they are open again, and said twice count once', (t) => {
  const sections = createClosedSections();
  const change = (eventId: string, sectionId: string, state: 'closed' | 'reopened'): void =>
    sections.changed({ eventId, sectionId, state });
  change('e', 'A', 'closed');
  change('e', 'A', 'closed');
  change('e', 'B', 'closed');
  change('f', 'A', 'closed');
  t.deepEqual([...sections.of('e')], ['A', 'B']);
  t.is(sections.count, 3);
  change('e', 'A', 'reopened');
  change('e', 'Z', 'reopened');
  change('f', 'A', 'reopened');
  t.deepEqual([[...sections.of('e')], [...sections.of('f')]], [['B'], []]);
  t.is(sections.count, 1);
});
