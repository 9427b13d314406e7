type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface TracingStep {
  /** What it is done for, as noted by `noted`; the first is the parent, the others are linked. Absent: what is under way. */
  readonly ids?: readonly string[];
  /** It belongs to the story of this order, whose trace has the order's id. */
  readonly order?: string;
  readonly kind?: 'CLIENT' | 'PRODUCER' | 'CONSUMER' | 'INTERNAL';
  readonly attributes?: Attributes;
}

/** Follows one request through the parts. Whatever it is given to run it runs, and hands its outcome on untouched. */
export interface Tracing {
  /** A request as it comes in; goes on with the caller's `traceparent`. `named` is called when its route and status are known. */
  request<T>(
    headers: object,
    method: string,
    run: (named: (route: string, status: number, attributes: Attributes) => void) => Promise<T>,
  ): Promise<T>;
  step<T>(name: string, step: TracingStep, run: () => Promise<T>): Promise<T>;
  /** What is under way is remembered under `id` while this runs, for steps done for it by an actor or in a batch. */
  noted<T>(id: string, run: () => Promise<T>): Promise<T>;
  /** The headers that let another process go on with what is under way. */
  headers(): Readonly<Record<string, string>>;
  /** Sends what is not sent yet. */
  stop(): Promise<void>;
}
