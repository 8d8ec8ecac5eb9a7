/** What the console reads of a finished span; the spans of SDK 2 and SDK 3 both have it. */
export interface ConsoleSpan {
	readonly name: string;
	readonly startTime: readonly [seconds: number, nanoseconds: number];
	readonly endTime: readonly [seconds: number, nanoseconds: number];
	readonly ended: boolean;
	readonly status: { readonly code: number; readonly message?: string | undefined };
	readonly attributes: Readonly<Record<string, unknown>>;
	readonly events: readonly {
		readonly name: string;
		readonly attributes?: Readonly<Record<string, unknown>> | undefined;
	}[];
	readonly parentSpanContext?: SpanIdentity | undefined;
	spanContext(): SpanIdentity;
}

export interface SpanIdentity {
	readonly traceId: string;
	readonly spanId: string;
	readonly traceFlags: number;
	readonly isRemote?: boolean | undefined;
}

/** `other` is a span that Footlight did not make: an HTTP client's, say. */
export type SpanRole = "run" | "stage" | "attempt" | "other";

export function roleOf({ attributes }: ConsoleSpan): SpanRole {
	if (attributes["retry.attempt"] !== undefined) return "attempt";
	if (attributes["stage.name"] !== undefined) return "stage";
	// Baggage may carry the run id to foreign spans; the pipeline's name goes with it only on Footlight's own.
	return attributes["pipeline.run.id"] !== undefined && attributes["pipeline.name"] !== undefined ? "run" : "other";
}

export function textOf(span: ConsoleSpan, name: string): string | undefined {
	const value = span.attributes[name];
	return typeof value === "string" && value !== "" ? value : undefined;
}

export function numberOf(span: ConsoleSpan, name: string): number | undefined {
	const value = span.attributes[name];
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
