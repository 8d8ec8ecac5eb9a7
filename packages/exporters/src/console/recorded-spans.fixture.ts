import { type Attributes, type Context, ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

/** A span to record: times are milliseconds from the start of the run. */
export interface SpanPlan {
	readonly name: string;
	readonly from: number;
	readonly to: number;
	readonly attributes?: Attributes;
	readonly exception?: Error;
	/** Events on it, by name. */
	readonly events?: Readonly<Record<string, Attributes>>;
	readonly children?: readonly SpanPlan[];
}

const pipeline = { "pipeline.name": "docs-qa", "pipeline.run.id": "0b1f6a6e-6a0b-4c59-9d0e-0d9a2f6f3f11" };
const startMs = Date.UTC(2026, 10, 21);

export function run(
	from: number,
	to: number,
	children: readonly SpanPlan[] = [],
	attributes: Attributes = {},
): SpanPlan {
	return { name: "docs-qa", from, to, children, attributes: { ...pipeline, outcome: "ok", ...attributes } };
}

export function stage(
	name: string,
	from: number,
	to: number,
	attributes: Attributes = {},
	rest: Partial<SpanPlan> = {},
): SpanPlan {
	return { name, from, to, ...rest, attributes: { ...pipeline, "stage.name": name, outcome: "ok", ...attributes } };
}

export function attempt(number: number, from: number, to: number, exception?: Error): SpanPlan {
	const attributes = { ...pipeline, "stage.name": "retried", "retry.attempt": number };
	const ending = exception ? { outcome: "error", "error.type": exception.name } : { outcome: "ok" };
	return { name: "retried", from, to, attributes: { ...attributes, ...ending }, ...(exception && { exception }) };
}

export function failure(name: string, message: string): Error {
	return Object.assign(new Error(message), { name });
}

/** Records the plan with the real SDK, and gives what an exporter would get. */
export function recorded(plan: SpanPlan): ReadableSpan[] {
	const exporter = new InMemorySpanExporter();
	let ids = 0;
	const provider = new TracerProvider({
		spanProcessors: [new SimpleSpanProcessor({ exporter })],
		idGenerator: {
			generateTraceId: () => "4bf92f3577b34da6a3ce929d0e0e4736",
			generateSpanId: () => {
				ids += 1;
				return String(ids).padStart(16, "0");
			},
		},
	});
	const tracer = provider.getTracer("fixture");
	const record = (plan: SpanPlan, parent: Context): void => {
		const { name, from, to, attributes = {}, exception, events = {}, children = [] } = plan;
		const span = tracer.startSpan(name, { startTime: new Date(startMs + from), attributes }, parent);
		for (const child of children) record(child, trace.setSpan(parent, span));
		for (const [event, told] of Object.entries(events)) span.addEvent(event, told);
		if (exception !== undefined) {
			span.recordException(exception, new Date(startMs + to));
			span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
		}
		span.end(new Date(startMs + to));
	};
	record(plan, ROOT_CONTEXT);
	return exporter.getFinishedSpans();
}
