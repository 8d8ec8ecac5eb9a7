import { outcomeOf, type ShownOutcome } from "./outcome.ts";
import { type ConsoleSpan, numberOf, roleOf, type SpanRole, textOf } from "./span.ts";
import { oneLine } from "./text.ts";

/** A span with its place in the tree; times are milliseconds from the start of the root. */
export interface SpanNode {
	readonly span: ConsoleSpan;
	readonly role: SpanRole;
	readonly label: string;
	readonly outcome: ShownOutcome;
	readonly startMs: number;
	readonly endMs: number;
	/** When the first item of a stream came. */
	readonly firstItemMs: number | undefined;
	readonly error: SpanError | undefined;
	readonly children: SpanNode[];
}

export interface SpanError {
	readonly type: string | undefined;
	readonly message: string | undefined;
}

/** Links spans to trees, children in order of time; a span whose parent is not among them starts a tree. */
export function spanTrees(spans: readonly ConsoleSpan[], nowMs: number): SpanNode[] {
	const ids = new Set(spans.map((span) => span.spanContext().spanId));
	const isRoot = (span: ConsoleSpan): boolean => {
		const parent = span.parentSpanContext;
		return parent === undefined || parent.spanId === span.spanContext().spanId || !ids.has(parent.spanId);
	};
	const roots = spans.filter(isRoot).sort(byStart);
	const origin = (roots[0] ?? spans[0])?.startTime ?? [0, 0];
	const nodes = new Map(spans.map((span) => [span.spanContext().spanId, nodeOf(span, origin, nowMs)]));
	for (const span of [...spans].sort(byStart)) {
		const node = nodes.get(span.spanContext().spanId);
		const parent = isRoot(span) ? undefined : nodes.get(span.parentSpanContext?.spanId ?? "");
		if (node !== undefined && parent !== undefined) parent.children.push(node);
	}
	return roots.flatMap((span) => nodes.get(span.spanContext().spanId) ?? []);
}

function byStart({ startTime: a }: ConsoleSpan, { startTime: b }: ConsoleSpan): number {
	return a[0] - b[0] || a[1] - b[1];
}

function nodeOf(span: ConsoleSpan, origin: ConsoleSpan["startTime"], nowMs: number): SpanNode {
	const startMs = since(origin, span.startTime);
	const endMs = span.ended ? since(origin, span.endTime) : nowMs - (origin[0] * 1000 + origin[1] / 1e6);
	const wait = numberOf(span, "stream.time_to_first_item_ms");
	const role = roleOf(span);
	return {
		span,
		role,
		label: labelOf(span, role),
		outcome: outcomeOf(span),
		startMs,
		endMs: Math.max(startMs, endMs),
		firstItemMs: wait === undefined ? undefined : startMs + wait,
		error: errorOf(span),
		children: [],
	};
}

/** Seconds and nanoseconds apart: a plain number of nanoseconds since 1970 would be rounded. */
function since(origin: ConsoleSpan["startTime"], time: ConsoleSpan["startTime"]): number {
	return (time[0] - origin[0]) * 1000 + (time[1] - origin[1]) / 1e6;
}

function labelOf(span: ConsoleSpan, role: SpanRole): string {
	if (role === "attempt") return `attempt ${numberOf(span, "retry.attempt") ?? "?"}`;
	const name = oneLine(span.name) || "(no name)";
	// The HTTP instrumentations name a span by its method alone.
	const address = role === "other" ? textOf(span, "server.address") : undefined;
	return address === undefined || name.includes(address) ? name : `${name} ${oneLine(address)}`;
}

function errorOf(span: ConsoleSpan): SpanError | undefined {
	const exception = span.events.findLast((event) => event.name === "exception")?.attributes;
	const type = textOf(span, "error.type") ?? asText(exception?.["exception.type"]);
	const message = asText(exception?.["exception.message"]) ?? asText(span.status.message);
	if (type === undefined && message === undefined) return undefined;
	return { type: type && oneLine(type), message: message && oneLine(message) };
}

function asText(value: unknown): string | undefined {
	return typeof value === "string" && value !== "" ? value : undefined;
}
