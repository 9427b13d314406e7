import { createHmac } from 'node:crypto';

/**
 * The `Stripe-Signature` of a body: https://docs.stripe.com/webhooks/signature. The time is part of what is signed, so
 * each try is signed anew.
 */
export const signatureHeader = (body: string, secret: string, nowMs: number): string => {
  const timestamp = Math.floor(nowMs / 1_000);
  const v1 = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return `t=${timestamp},v1=${v1}`;
};
