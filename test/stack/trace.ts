import type { JaegerSpan } from "./jaeger-api.ts";

/** The span that a trace begins with. */
export function rootOf(trace: readonly JaegerSpan[], name: string): JaegerSpan | undefined {
	return trace.find((span) => span.name === name && span.parentId === undefined);
}

/** Spans whose parent has not come. */
export function spansWithoutParent(trace: readonly JaegerSpan[]): JaegerSpan[] {
	const ids = new Set(trace.map(({ spanId }) => spanId));
	return trace.filter(({ parentId }) => parentId !== undefined && !ids.has(parentId));
}
