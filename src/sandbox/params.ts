import { z } from 'zod';
import { invalidRequest } from './errors.ts';

/** Stripe's limits. https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, /api/metadata */
const MAX_AMOUNT_MINOR = 99_999_999;
const MAX_METADATA_KEYS = 50;

const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

const amount = z
  .string()
  .regex(/^\d{1,9}$/, 'integer')
  .transform(Number);
const positiveAmount = amount.pipe(z.number().min(1, 'too_small').max(MAX_AMOUNT_MINOR, 'too_large'));
/** Fifty of the smallest units, as Stripe asks for most currencies. */
const chargeAmount = amount.pipe(z.number().min(50, 'amount_too_small').max(MAX_AMOUNT_MINOR, 'too_large'));
const currency = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => CURRENCIES.has(text), 'currency');
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const name = z.string().min(1).max(200);
const description = z.string().max(1_000);
const metadata = z
  .record(z.string().min(1).max(40), z.string().max(500))
  .refine((values) => Object.keys(values).length <= MAX_METADATA_KEYS, 'metadata');
const names = z.record(z.string(), name).transform((values) => Object.values(values));
const expand = names.default([]);

export const createParams = z.strictObject({
  amount: chargeAmount,
  currency,
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).default('automatic_async'),
  confirm: flag.default(false),
  payment_method: name.optional(),
  allowed_payment_method_types: names.optional(),
  automatic_payment_methods: z.record(z.string(), z.string()).optional(),
  description: description.optional(),
  metadata: metadata.default({}),
  return_url: z.string().max(2_000).optional(),
  expand,
});

export const updateParams = z.strictObject({
  amount: chargeAmount.optional(),
  currency: currency.optional(),
  payment_method: name.optional(),
  description: description.optional(),
  metadata: metadata.optional(),
  expand,
});

export const confirmParams = z.strictObject({
  payment_method: name.optional(),
  return_url: z.string().max(2_000).optional(),
  expand,
});

export const captureParams = z.strictObject({
  amount_to_capture: positiveAmount.optional(),
  metadata: metadata.optional(),
  expand,
});

export const cancelParams = z.strictObject({
  cancellation_reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned']).optional(),
  expand,
});

export const refundParams = z.strictObject({
  payment_intent: name.optional(),
  charge: name.optional(),
  amount: positiveAmount.optional(),
  currency: currency.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata: metadata.default({}),
  expand,
});

export const retrieveParams = z.strictObject({ client_secret: z.string().optional(), expand });

const instant = z
  .string()
  .regex(/^\d{1,12}$/, 'integer')
  .transform(Number);
const created = z
  .union([
    instant.transform((exactly) => ({ gte: exactly, lte: exactly })),
    z.strictObject({
      gt: instant.optional(),
      gte: instant.optional(),
      lt: instant.optional(),
      lte: instant.optional(),
    }),
  ])
  .optional();

const page = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'integer')
    .transform(Number)
    .pipe(z.number().min(1).max(100))
    .default(10),
  starting_after: name.optional(),
  ending_before: name.optional(),
  created,
  expand,
};

export const intentListParams = z.strictObject(page);
export const refundListParams = z.strictObject({
  ...page,
  payment_intent: name.optional(),
  charge: name.optional(),
});
export const eventListParams = z.strictObject({ ...page, type: name.optional(), types: names.optional() });

type Issue = z.core.$ZodIssue;

const paramName = (path: readonly PropertyKey[]): string =>
  path.map((part, depth) => (depth === 0 ? String(part) : `[${String(part)}]`)).join('');

const codeOf = (issue: Issue): string => {
  if (issue.message === 'integer') return 'parameter_invalid_integer';
  if (issue.message === 'amount_too_small') return 'amount_too_small';
  if (issue.message === 'too_large') return 'amount_too_large';
  return 'parameter_invalid';
};

/** The parameters in their checked form. Throws `ApiError` 400 that names the first parameter that is wrong. */
export const readParams = <S extends z.ZodType>(schema: S, input: unknown): z.output<S> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as Issue;
  if (issue.code === 'unrecognized_keys') {
    const unknown = paramName([...issue.path, issue.keys[0] ?? '']);
    throw invalidRequest(`Received unknown parameter: ${unknown}`, 'parameter_unknown', unknown);
  }
  const param = paramName(issue.path);
  const given = issue.path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    input,
  );
  if (given === undefined) {
    throw invalidRequest(`Missing required param: ${param}.`, 'parameter_missing', param);
  }
  throw invalidRequest(`Invalid value for ${param}.`, codeOf(issue), param);
};
