import { createNoopMeter, metrics, trace } from "@opentelemetry/api";

/** The tracer provider in force, behind the proxy that the API hands out; undefined where there is none. */
export function registeredProvider(): object | undefined {
	const provider = trace.getTracerProvider() as { getDelegate?: () => object };
	const delegate = provider.getDelegate?.() ?? provider;
	return delegate.constructor.name === "NoopTracerProvider" ? undefined : delegate;
}

/** The meter provider in force; undefined where there is none. */
export function registeredMeterProvider(): object | undefined {
	const provider = metrics.getMeterProvider();
	return provider.getMeter("@footlight/otel") === createNoopMeter() ? undefined : provider;
}
