import fc from 'fast-check';
import test from 'ava';
import { isUuid } from '../../src/domain/ids.ts';
import { canonicalJson, deriveId, fingerprintOf } from '../../src/http/request-key.ts';

test('a derived id has the shape of our ids, is stable, and differs by subject, route and key', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (subject, route, key) => {
      const id = deriveId(subject, route, key);
      return (
        isUuid(id) &&
        id.charAt(14) === '8' &&
        '89ab'.includes(id.charAt(19)) &&
        id === deriveId(subject, route, key)
      );
    }),
  );
  const ids = [
    deriveId('a', 'r', 'k'),
    deriveId('b', 'r', 'k'),
    deriveId('a', 's', 'k'),
    deriveId('a', 'r', 'l'),
  ];
  t.is(new Set(ids).size, ids.length);
});

test('two spellings of one document are the same request, two documents are not', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const reversed = (node: unknown): unknown => {
        if (Array.isArray(node)) return node.map(reversed);
        if (typeof node !== 'object' || node === null) return node;
        return Object.fromEntries(
          Object.entries(node)
            .reverse()
            .map(([name, one]) => [name, reversed(one)]),
        );
      };
      return canonicalJson(value) === canonicalJson(reversed(value));
    }),
  );
  t.not(canonicalJson({ a: [1, 2] }), canonicalJson({ a: [2, 1] }));
  t.not(fingerprintOf('POST', '/x', { id: 'a' }, {}), fingerprintOf('POST', '/x', { id: 'b' }, {}));
  t.not(fingerprintOf('POST', '/x', {}, { q: 1 }), fingerprintOf('POST', '/x', {}, { q: 2 }));
});
