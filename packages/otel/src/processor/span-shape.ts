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
