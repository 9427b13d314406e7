/**
 * How much work a join must bring. A bot farm pays for each of its places with a computer's time; a person's phone pays once,
 * unnoticed, while the page explains what is going on. Work is counted in expected SHA-256 hashes: a phone does some
 * 200,000 a second in a browser, so the base takes it a tenth of a second.
 */

/** `auto`: only while joins come faster than people do. `always`: also in quiet times. */
export const PROOF_SETTINGS = ['off', 'auto', 'always'] as const;
export type ProofSetting = (typeof PROOF_SETTINGS)[number];

/** Why work is asked for, told to the fan. */
export const PROOF_REASONS = [
  'always', // the operator asks everybody
  'many_joins', // more people join at this moment than usual
  'many_from_address', // more people join from this address than usual
] as const;
export type ProofReason = (typeof PROOF_REASONS)[number];

export interface ProofDemand {
  /** Expected hashes; 0: nothing is asked. */
  readonly hashes: number;
  readonly reasons: readonly ProofReason[];
}

export interface JoinPressure {
  /** On this node, at present. */
  readonly joinsPerSecond: number;
  /** Fans who were given a place from this address within the last minute, on this node. */
  readonly fromAddress: number;
}

const BASE_HASHES = 20_000;
/** Up to here it is people. */
const CALM_JOINS_PER_SECOND = 50;
/** A family, an office: up to here nothing is asked for sharing an address. */
const CALM_FROM_ADDRESS = 10;
/** Each doubling above calm doubles the work, this often at most: the worst that a phone is asked is some 20 s. */
const MOST_DOUBLINGS_BY_RATE = 5;
const MOST_DOUBLINGS_BY_ADDRESS = 5;
export const MOST_HASHES = 4_000_000;

const doublings = (value: number, calm: number, most: number): number =>
  value <= calm ? 0 : Math.min(most, Math.log2(value / calm));

/** What a join must bring at this pressure. Nothing is ever refused for being suspicious: it costs more, and says so. */
export const proofDemand = (setting: ProofSetting, pressure: JoinPressure): ProofDemand => {
  if (setting === 'off') return { hashes: 0, reasons: [] };
  const byRate = doublings(pressure.joinsPerSecond, CALM_JOINS_PER_SECOND, MOST_DOUBLINGS_BY_RATE);
  const byAddress = doublings(pressure.fromAddress, CALM_FROM_ADDRESS, MOST_DOUBLINGS_BY_ADDRESS);
  const reasons: ProofReason[] = [];
  if (setting === 'always') reasons.push('always');
  if (byRate > 0) reasons.push('many_joins');
  if (byAddress > 0) reasons.push('many_from_address');
  if (reasons.length === 0) return { hashes: 0, reasons };
  return { hashes: Math.min(MOST_HASHES, Math.round(BASE_HASHES * 2 ** (byRate + byAddress))), reasons };
};

export interface WorkShape {
  /** Leading hex digits of the hash that must be zero. */
  readonly zeros: number;
  /** Hashes a try, one after the other; also what checking costs. */
  readonly rounds: number;
}

/** Tries of which one in 16^zeros succeeds, each of `rounds` hashes, so that together they come near `hashes`. Checking costs at most 15. */
export const workShape = (hashes: number): WorkShape => {
  const zeros = Math.max(1, Math.floor(Math.log(hashes) / Math.log(16)));
  return { zeros, rounds: Math.min(15, Math.max(1, Math.round(hashes / 16 ** zeros))) };
};
