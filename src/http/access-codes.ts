import { z } from 'zod';
import type { RefusalCode } from '../domain/refusal.ts';

export const accessCode = z.string().trim().min(1).max(200).meta({
  description:
    'An access code, in any case, with or without dashes. It is redeemed for you and tells the lane.',
});

/** What somebody may hear who brings a code, or ought to. */
export const CODE_REFUSALS = [
  'code_required',
  'code_invalid',
  'code_revoked',
  'code_used',
  'code_too_early',
  'code_expired',
  'code_attempts',
] as const satisfies readonly RefusalCode[];
