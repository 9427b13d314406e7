import type pt from '../later/text/pt.ts';

type CheckText = Extract<keyof typeof pt, `check${string}`>;

/** The domain names its checks in English; each has its words here. */
export const CHECK_TEXTS: Readonly<Record<string, CheckText>> = {
  'the version is one that is known here': 'checkVersion',
  'the secret is the one that was committed to': 'checkSecret',
  'the chain of all entries ends in the published head': 'checkChain',
  'the commitment is the one told at joining': 'checkCommitment',
  'what the fan sent went into the leaf': 'checkLeaf',
  'the receipt is in the chain': 'checkReceipt',
};
