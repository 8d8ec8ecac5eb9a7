import type { SpanContext } from "@opentelemetry/api";

/**
 * The parts of spans, log records and their processors that Footlight's processors touch, by structure: the SDK lines
 * 2 and 3 both fit, and neither is imported.
 */
export interface SpanLike {
	readonly attributes: object;
	readonly events: readonly { readonly attributes?: object | undefined }[];
	readonly links: readonly { readonly attributes?: object | undefined }[];
	readonly status: { readonly code: number; readonly message?: string | undefined };
}

/** Where a span or a log record is from. */
export interface ResourceLike {
	readonly attributes: object;
	readonly schemaUrl?: string | undefined;
	readonly asyncAttributesPending?: boolean | undefined;
	waitForAsyncAttributes?(): Promise<void>;
	getRawAttributes?(): readonly (readonly [string, unknown])[];
}

/** What exporters read of every item. */
export interface ItemLike {
	readonly resource: ResourceLike;
	readonly instrumentationScope: object;
}

/** An ended span, with all that exporters of both lines read. */
export interface EndedSpanLike extends SpanLike, ItemLike {
	readonly name: string;
	readonly kind: number;
	readonly spanContext: () => SpanContext;
	readonly parentSpanContext?: SpanContext | undefined;
	readonly startTime: readonly [number, number];
	readonly endTime: readonly [number, number];
	readonly duration: readonly [number, number];
	readonly ended: boolean;
	readonly links: readonly LinkLike[];
	readonly droppedAttributesCount: number;
	readonly droppedEventsCount: number;
	readonly droppedLinksCount: number;
}

export interface LinkLike {
	readonly context: SpanContext;
	readonly attributes?: object | undefined;
	readonly droppedAttributesCount?: number | undefined;
}

/** A log record, with all that exporters of both lines read. */
export interface EmittedRecordLike extends LogRecordLike, ItemLike {
	readonly hrTime: readonly [number, number];
	readonly hrTimeObserved: readonly [number, number];
	readonly spanContext?: SpanContext | undefined;
	readonly severityText?: string | undefined;
	readonly severityNumber?: number | undefined;
	readonly eventName?: string | undefined;
	readonly droppedAttributesCount: number;
}

const sampledFlag = 1;

/** False for a span that is recorded and yet not to be exported. */
export function isSampled({ traceFlags }: SpanContext): boolean {
	return (traceFlags & sampledFlag) !== 0;
}

export interface SpanProcessorLike {
	onStart(span: object, parentContext: object): void;
	/** Called before a span ends, on SDKs that do so (2.x and 3.x). */
	onEnding(span: SpanLike): void;
	onEnd(span: SpanLike): void;
	forceFlush(): Promise<void>;
	shutdown(): Promise<void>;
}

export interface LogRecordLike {
	readonly attributes: object;
	readonly body?: unknown;
}

export interface LogRecordProcessorLike {
	onEmit(record: LogRecordLike, context?: object): void;
	forceFlush(): Promise<void>;
	shutdown(): Promise<void>;
}

/** A span processor that edits each span once: before it ends where the SDK offers that, else when it has ended. */
export function editingSpanProcessor(edit: (span: SpanLike) => void): SpanProcessorLike {
	let seesEnding = false;
	return {
		onStart() {},
		onEnding(span) {
			seesEnding = true;
			edit(span);
		},
		onEnd(span) {
			if (!seesEnding) edit(span);
		},
		forceFlush: () => Promise.resolve(),
		shutdown: () => Promise.resolve(),
	};
}
