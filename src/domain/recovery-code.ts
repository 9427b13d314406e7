/** Crockford's alphabet: no I, L, O, U, so that a code survives being read out and written down. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUP = 4;
/** Of the proof; five bits each. A guess names one place, so a line of a million is no easier to hit than a line of one. */
export const PROOF_CHARACTERS = 12;
/** Enough for a million; beyond it the number is longer, and so is the code. */
const NUMBER_CHARACTERS = 4;
/** 2⁵⁰: more places than any line has, and still exact. */
const LONGEST_NUMBER = 10;

const FORM = new RegExp(`^[${ALPHABET}]+$`);
const MISREAD: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

/** What a recovery code says: which place, and the proof that whoever wrote it was given that place. */
export interface RecoveryCodeParts {
  readonly number: number;
  /** `PROOF_CHARACTERS` of the alphabet. */
  readonly proof: string;
}

/** `count` characters of five bits each from the front of `bytes`. */
export const inBase32 = (bytes: Uint8Array, count: number): string =>
  Array.from({ length: count }, (_, index) => {
    let value = 0;
    for (let bit = index * 5; bit < index * 5 + 5; bit += 1) {
      value = (value << 1) | (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
    }
    return ALPHABET.charAt(value);
  }).join('');

const numberInBase32 = (number: number): string => {
  let text = '';
  for (let rest = number; rest > 0; rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text;
  return text.padStart(NUMBER_CHARACTERS, '0');
};

/** The number in the first group, then the proof in groups of four: `0001-8K3M-2XRT-9HVB`. */
export const writeRecoveryCode = ({ number, proof }: RecoveryCodeParts): string => {
  const groups = Array.from({ length: Math.ceil(proof.length / GROUP) }, (_, index) =>
    proof.slice(index * GROUP, index * GROUP + GROUP),
  );
  return [numberInBase32(number), ...groups].join('-');
};

/** As people write it: any case, with or without spaces and dashes, O for 0, I and L for 1. Null: this is no code. */
export const readRecoveryCode = (text: string): RecoveryCodeParts | null => {
  const plain = text
    .toUpperCase()
    .replaceAll(/[\s\-–—]/g, '')
    .replaceAll(/[OIL]/g, (letter) => MISREAD[letter] ?? letter);
  const digits = plain.slice(0, -PROOF_CHARACTERS);
  if (digits.length < NUMBER_CHARACTERS || digits.length > LONGEST_NUMBER) return null;
  if (!FORM.test(plain)) return null;
  const number = digits.split('').reduce((sum, digit) => sum * 32 + ALPHABET.indexOf(digit), 0);
  return number === 0 ? null : { number, proof: plain.slice(-PROOF_CHARACTERS) };
};
