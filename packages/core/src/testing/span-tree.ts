import { type HrTime, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { knownOptions } from "../option.ts";
import type { FinishedSpan } from "./recording-tracer.ts";

/** Options of {@link spanTree}. */
export interface SpanTreeOptions {
	/** Attributes to show, of spans and of their events. @default all but those that differ from run to run */
	readonly show?: readonly string[];
	/** Attributes to leave out, beside those that differ from run to run. @default none */
	readonly hide?: readonly string[];
}

/** Attributes whose values no two runs share. */
const volatile: readonly string[] = [
	"pipeline.run.id",
	"pipeline.parent_run.id",
	"duration_ms",
	"stream.time_to_first_item_ms",
	"gen_ai.response.time_to_first_chunk",
	"exception.stacktrace",
];

/**
 * Renders finished spans as a tree in text that does not depend on ids and times, for snapshots.
 *
 * Spans of an SDK's `InMemorySpanExporter` and of `recordingTracerProvider()` will do. Children stand in the order they
 * started; each span has its kind, its status unless unset, attributes, `*` events and `->` links below it.
 *
 * @example
 * expect(spanTree(exporter.getFinishedSpans(), { show: ["outcome"] })).toBe(`
 * docs-qa (internal)
 *   outcome: "ok"
 *   retrieve (internal)
 *     outcome: "ok"
 * `.trim());
 */
export function spanTree(spans: readonly FinishedSpan[], options: SpanTreeOptions = {}): string {
	knownOptions("spanTree", options, ["show", "hide"]);
	const { show, hide = [] } = options;
	const shown = (name: string) => !hide.includes(name) && (show?.includes(name) ?? !volatile.includes(name));
	const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
	const roots: FinishedSpan[] = [];
	const children = new Map<FinishedSpan, FinishedSpan[]>();
	for (const span of [...spans].sort(byStart)) {
		const parent = byId.get(span.parentSpanContext?.spanId ?? "");
		if (parent === undefined) roots.push(span);
		else children.set(parent, [...(children.get(parent) ?? []), span]);
	}

	function lines(span: FinishedSpan, indent: string): string[] {
		const inside = `${indent}  `;
		return [
			indent + heading(span, span.parentSpanContext !== undefined && indent === ""),
			...attributeLines(span.attributes, shown).map((line) => inside + line),
			...span.events.map(({ name, attributes = {} }) => {
				const details = attributeLines(attributes, shown).join(", ");
				return `${inside}* ${name}${details === "" ? "" : ` { ${details} }`}`;
			}),
			...span.links.map(({ context }) => `${inside}-> ${byId.get(context.spanId)?.name ?? "a span elsewhere"}`),
			...(children.get(span) ?? []).flatMap((child) => lines(child, inside)),
		];
	}

	return roots.flatMap((root) => lines(root, "")).join("\n");
}

function heading({ name, kind, status }: FinishedSpan, hasParentElsewhere: boolean): string {
	const kindName = SpanKind[kind]?.toLowerCase() ?? "internal";
	const message = status.message === undefined ? "" : ` ${JSON.stringify(status.message)}`;
	const statusText = status.code === SpanStatusCode.UNSET ? "" : ` ${SpanStatusCode[status.code]}${message}`;
	return `${name} (${kindName})${statusText}${hasParentElsewhere ? " below a span elsewhere" : ""}`;
}

function attributeLines(attributes: object, shown: (name: string) => boolean): string[] {
	return Object.entries(attributes)
		.filter(([name]) => shown(name))
		.sort(([one], [other]) => (one < other ? -1 : 1))
		.map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
}

function byStart(one: FinishedSpan, other: FinishedSpan): number {
	return difference(one.startTime, other.startTime);
}

function difference(one: HrTime, other: HrTime): number {
	return one[0] - other[0] || one[1] - other[1];
}
