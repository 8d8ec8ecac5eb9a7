import { context, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { milliseconds, registerSdk } from "../../sdk.fixture.ts";
import type { FinishedSpan, SpanHarness } from "./contract.fixture.ts";

const statuses = ["unset", "ok", "error"] as const;

/** Registers the SDK of this workspace globally, whichever line that is. */
export function spanHarness(): SpanHarness {
	const sdk = registerSdk();
	const tracer = trace.getTracer("bake-off");
	const now = () => performance.timeOrigin + performance.now();
	return {
		finished: () => sdk.spans().map(finishedSpan),
		reset: () => sdk.reset(),
		inSpan(name, fn) {
			// Told the time: by itself an SDK starts a span at a whole millisecond, which may be before its parent.
			const span = tracer.startSpan(name, { startTime: now() });
			const result = context.with(trace.setSpan(context.active(), span), fn);
			if (result instanceof Promise) result.finally(() => span.end(now())).catch(() => {});
			else span.end(now());
			return result;
		},
	};
}

function finishedSpan(span: ReadableSpan): FinishedSpan {
	return {
		name: span.name,
		spanId: span.spanContext().spanId,
		parentSpanId: span.parentSpanContext?.spanId,
		startMs: milliseconds(span.startTime),
		endMs: milliseconds(span.endTime),
		status: statuses[span.status.code] ?? "unset",
		attributes: span.attributes,
		exceptions: span.events.filter(({ name }) => name === "exception").length,
	};
}
