import type { JsonObject } from './objects.ts';

export type ApiErrorType = 'invalid_request_error' | 'card_error' | 'idempotency_error' | 'api_error';

export interface ApiErrorFields {
  readonly code?: string;
  readonly message: string;
  readonly declineCode?: string | null;
  readonly param?: string | undefined;
  readonly paymentIntent?: JsonObject;
}

/** An answer in Stripe's error envelope, on its way to the edge. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: JsonObject;

  constructor(status: number, type: ApiErrorType, fields: ApiErrorFields) {
    super(fields.message);
    this.name = 'ApiError';
    this.status = status;
    this.body = {
      error: {
        type,
        ...(fields.code === undefined
          ? {}
          : { code: fields.code, doc_url: `https://docs.stripe.com/error-codes/${fields.code}` }),
        message: fields.message,
        ...(fields.declineCode === undefined || fields.declineCode === null
          ? {}
          : { decline_code: fields.declineCode }),
        ...(fields.param === undefined ? {} : { param: fields.param }),
        ...(fields.paymentIntent === undefined ? {} : { payment_intent: fields.paymentIntent }),
      },
    };
  }
}

export const invalidRequest = (message: string, code?: string, param?: string): ApiError =>
  new ApiError(400, 'invalid_request_error', { message, param, ...(code === undefined ? {} : { code }) });

/** `what` in Stripe's words: "payment_intent", "refund", "event". */
export const resourceMissing = (what: string, id: string, param = 'intent'): ApiError =>
  new ApiError(404, 'invalid_request_error', {
    code: 'resource_missing',
    message: `No such ${what}: '${id.slice(0, 80)}'`,
    param,
  });

/** The gateway's own fault: it says nothing about what happened. */
export const gatewayBroke = (): ApiError =>
  new ApiError(500, 'api_error', { message: 'Something went wrong on our end. Sorry about that!' });
