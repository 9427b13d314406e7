/** What the payment service asks of a log; pino fits. */
export interface PaymentLog {
  info(context: object, message: string): void;
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
}
