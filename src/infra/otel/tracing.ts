import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { Tracing, TracingStep } from '../../domain/ports/tracing.ts';

export interface TracingOptions {
  /** Where an OTLP collector takes traces over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** The share of requests that are traced, 0 to 1; a caller that traces is followed, and orders are always traced. */
  readonly share: number;
}

/** Ids that wait for their work elsewhere; more than any node has under way. */
const REMEMBERED = 20_000;

/** A trace id has the size of a UUID: an order's story is found by its own id, without being carried through any store. */
const storyOf = (orderId: string): Context => {
  const traceId = orderId.replaceAll('-', '');
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: traceId.slice(16),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
};

/**
 * OpenTelemetry, exported over OTLP. The SDK is loaded by this function alone: a process without tracing has none of it.
 * Steps that run under an actor or in another's batch find their request by the id it was noted under.
 */
export const startTracing = async (options: TracingOptions): Promise<Tracing> => {
  const [{ AsyncLocalStorageContextManager }, { OTLPTraceExporter }, { resourceFromAttributes }, sdk, core] =
    await Promise.all([
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/core'),
    ]);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.serviceName }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(options.share) }),
    spanProcessors: [
      new sdk.BatchSpanProcessor(
        new OTLPTraceExporter({ url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces` }),
      ),
    ],
  });
  const tracer = provider.getTracer('catraca');
  const noted = new Map<string, Context>();

  const during = async <T>(span: Span, around: Context, run: () => Promise<T>): Promise<T> => {
    try {
      return await context.with(trace.setSpan(around, span), run);
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
  const linksTo = (contexts: readonly (Context | undefined)[]) =>
    contexts.flatMap((one) => {
      const spanContext = one === undefined ? undefined : trace.getSpanContext(one);
      return spanContext === undefined ? [] : [{ context: spanContext }];
    });

  return {
    request(headers, method, run) {
      const parent = propagation.extract(ROOT_CONTEXT, headers);
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER }, parent);
      const named = (route: string, status: number, attributes: Attributes): void => {
        span.updateName(`${method} ${route}`);
        span.setAttributes({
          'http.request.method': method,
          'http.route': route,
          'http.response.status_code': status,
        });
        span.setAttributes(attributes);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      };
      return during(span, parent, () => run(named));
    },
    step(name, step: TracingStep, run) {
      const [first, ...others] = step.ids ?? [];
      const around =
        step.order === undefined
          ? ((first === undefined ? undefined : noted.get(first)) ?? context.active())
          : storyOf(step.order);
      const kind = step.kind === undefined ? SpanKind.INTERNAL : SpanKind[step.kind];
      const links = linksTo([
        ...others.map((id) => noted.get(id)),
        ...(step.order === undefined ? [] : [context.active()]),
      ]);
      const span = tracer.startSpan(name, { kind, attributes: { ...step.attributes }, links }, around);
      return during(span, around, run);
    },
    async noted(id, run) {
      if (noted.size >= REMEMBERED) return run();
      noted.set(id, context.active());
      try {
        return await run();
      } finally {
        noted.delete(id);
      }
    },
    headers() {
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      return carrier;
    },
    async stop() {
      await provider.shutdown();
      context.disable();
      propagation.disable();
    },
  };
};
