import test from 'ava';
import fc from 'fast-check';
import {
  inBase32,
  PROOF_CHARACTERS,
  readRecoveryCode,
  writeRecoveryCode,
} from '../../src/domain/recovery-code.ts';
import { createRecoveryCodes } from '../../src/infra/recovery-codes.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const codes = createRecoveryCodes(SECRET);
const place = {
  eventId: '0192f0c1-7a00-7000-8000-000000000001',
  fanId: '0192f0c1-7a00-7000-8000-000000000002',
  number: 4711,
  claim: 0,
};

test('whatever is written is read back, however people write it down', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 40 - 1 }),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      fc.constantFrom(
        (code: string) => code,
        (code: string) => code.toLowerCase(),
        (code: string) => ` ${code.replaceAll('-', ' ')} `,
        (code: string) => code.replaceAll('-', '').replaceAll('0', 'o').replaceAll('1', 'l'),
        (code: string) => code.replaceAll('-', '–').replaceAll('1', 'i').replaceAll('0', 'O'),
      ),
      (number, bytes, spell) => {
        const proof = inBase32(bytes, PROOF_CHARACTERS);
        const code = writeRecoveryCode({ number, proof });
        t.regex(code, /^[0-9A-HJKMNP-TV-Z]{4,8}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
        t.deepEqual(readRecoveryCode(spell(code)), { number, proof });
      },
    ),
  );
});

test('what is no code is null and never an exception', (t) => {
  const rubbish = [
    '',
    '-',
    'ABCD',
    '0000-0000-0000-0000',
    '0001-AAAA-AAAA-AAA',
    '0001-AAAA-AAAA-AAU!',
    'ü'.repeat(16),
    'Z'.repeat(64),
  ];
  for (const text of rubbish) {
    t.is(readRecoveryCode(text), null, text);
    t.is(codes.codedNumber(text), null, text);
    t.is(codes.codedClaim(text, place), null, text);
  }
});

test('a code is genuine for its own event, fan, place and claim alone, and for no other secret', (t) => {
  const code = codes.recoveryCode(place);
  t.is(codes.codedNumber(code), 4711);
  t.is(codes.codedClaim(code, place), 0);
  t.is(codes.codedClaim(code, { ...place, claim: 3 }), 0, 'an earlier claim is known again');
  t.is(
    codes.codedClaim(codes.recoveryCode({ ...place, claim: 2 }), place),
    null,
    'one that is to come is not',
  );
  for (const other of [
    { ...place, number: 4712 },
    { ...place, eventId: '0192f0c1-7a00-7000-8000-000000000009' },
    { ...place, fanId: '0192f0c1-7a00-7000-8000-000000000009' },
  ]) {
    t.is(codes.codedClaim(code, other), null);
    t.is(codes.codedClaim(codes.recoveryCode(other), place), null);
  }
  t.is(createRecoveryCodes(`${SECRET}x`).codedClaim(code, place), null);
});

test('no change of a single character is accepted', (t) => {
  const code = codes.recoveryCode(place);
  for (let index = 0; index < code.length; index += 1) {
    if (code[index] === '-') continue;
    const other = code[index] === 'A' ? 'B' : 'A';
    t.is(codes.codedClaim(code.slice(0, index) + other + code.slice(index + 1), place), null, String(index));
  }
});
