import type {
	Attributes,
	AttributeValue,
	HrTime,
	Link,
	Span,
	SpanContext,
	SpanKind,
	SpanStatus,
	TimeInput,
} from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import { systemClock } from "../clock.ts";
import { hrTime } from "../hr-time.ts";

/** A finished span, the part that SDK 2 and 3 have in common. */
export interface FinishedSpan {
	readonly name: string;
	readonly kind: SpanKind;
	spanContext(): SpanContext;
	readonly parentSpanContext?: SpanContext;
	readonly startTime: HrTime;
	readonly endTime: HrTime;
	readonly status: SpanStatus;
	readonly attributes: Attributes;
	readonly events: readonly { readonly name: string; readonly time: HrTime; readonly attributes?: Attributes }[];
	readonly links: readonly Link[];
}

/** A tracer provider that keeps finished spans; no SDK is needed. */
export interface RecordingTracerProvider extends api.TracerProvider {
	/** Finished spans, in the order they ended. */
	readonly spans: readonly FinishedSpan[];
	/** How many spans have begun and not ended. */
	readonly openSpans: number;
	clear(): void;
}

/**
 * Makes a tracer provider that keeps every span, for `footlight(name, { tracerProvider })` in tests without an SDK.
 *
 * @example
 * const tracerProvider = recordingTracerProvider();
 * const light = footlight("docs-qa", { tracerProvider });
 * light.run(() => light.stage("shout", (text: string) => text.toUpperCase())("hello"));
 * console.log(spanTree(tracerProvider.spans));
 */
export function recordingTracerProvider(): RecordingTracerProvider {
	const spans: FinishedSpan[] = [];
	const open = new Set<RecordedSpan>();

	function startSpan(name: string, options: api.SpanOptions = {}, context: api.Context = api.context.active()): Span {
		const active = options.root ? undefined : api.trace.getSpanContext(context);
		const parent = active !== undefined && api.isSpanContextValid(active) ? active : undefined;
		const span = new RecordedSpan(name, options, parent, (ended) => {
			open.delete(ended);
			spans.push(ended);
		});
		open.add(span);
		return span;
	}

	function startActiveSpan(name: string, ...given: unknown[]): unknown {
		const fn = given.pop() as (span: Span) => unknown;
		const [options, context = api.context.active()] = given as [api.SpanOptions?, api.Context?];
		const span = startSpan(name, options, context);
		return api.context.with(api.trace.setSpan(context, span), () => fn(span));
	}

	return {
		spans,
		get openSpans() {
			return open.size;
		},
		clear() {
			spans.length = 0;
		},
		getTracer: () => ({ startSpan, startActiveSpan }) as api.Tracer,
	};
}

class RecordedSpan implements Span, FinishedSpan {
	name: string;
	readonly kind: SpanKind;
	readonly parentSpanContext?: SpanContext;
	readonly startTime: HrTime;
	endTime: HrTime = [0, 0];
	status: SpanStatus = { code: api.SpanStatusCode.UNSET };
	readonly attributes: Attributes;
	readonly events: { readonly name: string; readonly time: HrTime; readonly attributes?: Attributes }[] = [];
	readonly links: Link[];
	readonly #context: SpanContext;
	readonly #whenEnded: (span: RecordedSpan) => void;
	#ended = false;

	constructor(
		name: string,
		options: api.SpanOptions,
		parent: SpanContext | undefined,
		whenEnded: (span: RecordedSpan) => void,
	) {
		this.name = name;
		this.kind = options.kind ?? api.SpanKind.INTERNAL;
		this.attributes = { ...options.attributes };
		this.links = [...(options.links ?? [])];
		this.startTime = timeOf(options.startTime);
		if (parent !== undefined) this.parentSpanContext = parent;
		this.#context = {
			traceId: parent?.traceId ?? randomHex(16),
			spanId: randomHex(8),
			traceFlags: api.TraceFlags.SAMPLED,
		};
		this.#whenEnded = whenEnded;
	}

	spanContext(): SpanContext {
		return this.#context;
	}

	isRecording(): boolean {
		return !this.#ended;
	}

	setAttribute(key: string, value: AttributeValue): this {
		if (!this.#ended) this.attributes[key] = value;
		return this;
	}

	setAttributes(attributes: Attributes): this {
		if (!this.#ended) Object.assign(this.attributes, attributes);
		return this;
	}

	addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
		if (this.#ended) return this;
		const attributes = isTimeInput(attributesOrTime) ? undefined : attributesOrTime;
		const givenTime = isTimeInput(attributesOrTime) ? attributesOrTime : time;
		this.events.push({ name, time: timeOf(givenTime), ...(attributes && { attributes: { ...attributes } }) });
		return this;
	}

	addLink(link: Link): this {
		if (!this.#ended) this.links.push(link);
		return this;
	}

	addLinks(links: Link[]): this {
		for (const link of links) this.addLink(link);
		return this;
	}

	setStatus(status: SpanStatus): this {
		if (!this.#ended) this.status = status;
		return this;
	}

	updateName(name: string): this {
		if (!this.#ended) this.name = name;
		return this;
	}

	end(endTime?: TimeInput): void {
		if (this.#ended) return;
		this.#ended = true;
		this.endTime = timeOf(endTime);
		this.#whenEnded(this);
	}

	recordException(exception: api.Exception, time?: TimeInput): void {
		const { name, message } = typeof exception === "string" ? { name: undefined, message: exception } : exception;
		this.addEvent("exception", { "exception.type": name ?? "_OTHER", "exception.message": message ?? "" }, time);
	}
}

function isTimeInput(value: unknown): value is TimeInput {
	return (
		typeof value === "number" ||
		Array.isArray(value) ||
		(typeof value === "object" && value !== null && "getTime" in value)
	);
}

function timeOf(time: TimeInput = systemClock.now()): HrTime {
	if (Array.isArray(time)) return time;
	return hrTime(typeof time === "number" ? time : time.getTime());
}

function randomHex(bytes: number): string {
	return crypto
		.randomUUID()
		.replaceAll("-", "")
		.slice(0, bytes * 2);
}
