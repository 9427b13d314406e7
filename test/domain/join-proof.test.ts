import test from 'ava';
import fc from 'fast-check';
import { MOST_HASHES, proofDemand, workShape, type ProofSetting } from '../../src/domain/join-proof.ts';

const CALM = { joinsPerSecond: 50, fromAddress: 10 };

test('nothing is asked where the operator asks for nothing, whatever the pressure', (t) => {
  t.deepEqual(proofDemand('off', { joinsPerSecond: 1e6, fromAddress: 1e6 }), { hashes: 0, reasons: [] });
});

test('in quiet times only `always` asks, and says so', (t) => {
  t.deepEqual(proofDemand('auto', CALM), { hashes: 0, reasons: [] });
  t.deepEqual(proofDemand('always', CALM), { hashes: 20_000, reasons: ['always'] });
});

test('each doubling of the joins, and each of the joins from one address, doubles the work and is named', (t) => {
  t.deepEqual(proofDemand('auto', { ...CALM, joinsPerSecond: 200 }), {
    hashes: 80_000,
    reasons: ['many_joins'],
  });
  t.deepEqual(proofDemand('auto', { ...CALM, fromAddress: 40 }), {
    hashes: 80_000,
    reasons: ['many_from_address'],
  });
  t.deepEqual(proofDemand('always', { joinsPerSecond: 100, fromAddress: 20 }), {
    hashes: 80_000,
    reasons: ['always', 'many_joins', 'many_from_address'],
  });
});

test('more pressure never asks for less, and never for more than a phone can do', (t) => {
  const pressure = fc.record({
    joinsPerSecond: fc.double({ min: 0, max: 1e9, noNaN: true }),
    fromAddress: fc.nat(1e9),
  });
  fc.assert(
    fc.property(
      fc.constantFrom<ProofSetting>('off', 'auto', 'always'),
      pressure,
      pressure,
      (setting, one, two) => {
        const low = {
          joinsPerSecond: Math.min(one.joinsPerSecond, two.joinsPerSecond),
          fromAddress: Math.min(one.fromAddress, two.fromAddress),
        };
        const high = {
          joinsPerSecond: Math.max(one.joinsPerSecond, two.joinsPerSecond),
          fromAddress: Math.max(one.fromAddress, two.fromAddress),
        };
        const [less, more] = [proofDemand(setting, low).hashes, proofDemand(setting, high).hashes];
        return less <= more && more <= MOST_HASHES;
      },
    ),
  );
  t.pass();
});

test('the shape of the work comes within a third of what was asked, and checking stays cheap', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 20_000, max: MOST_HASHES }), (hashes) => {
      const { zeros, rounds } = workShape(hashes);
      const expected = rounds * 16 ** zeros;
      return rounds >= 1 && rounds <= 15 && expected > hashes / 1.5 && expected < hashes * 1.5;
    }),
  );
  t.pass();
});
