import * as api from "@opentelemetry/api";
import type { Labels } from "./labels.ts";

/** An example of what was recorded: the span it was recorded in, and when. */
export interface Exemplar {
	readonly labelSet: { readonly trace_id: string; readonly span_id: string };
	readonly value: number;
	/** Seconds since 1970, as OpenMetrics has it. */
	readonly timestamp: number;
}

/** Numbers of a series of a counter or gauge. */
export class NumberCell {
	readonly labels: Labels;
	readonly key: string;
	// Doubles from the start: an integer field that turns into a double later makes the code around it slower for good.
	value: number = Number.NaN;
	/** The collection an observed value belongs to. */
	round = 0;
	#span: api.SpanContext | undefined;
	#exampleValue = Number.NaN;
	#exampleMs = Number.NaN;

	constructor(labels: Labels, key: string) {
		this.labels = labels;
		this.key = key;
		this.value = 0;
	}

	/** Only a reference is kept; ids are read by whoever asks. */
	exemplify(span: api.SpanContext, value: number, timeMs: number): void {
		this.#span = span;
		this.#exampleValue = value;
		this.#exampleMs = timeMs;
	}

	get exemplar(): Exemplar | undefined {
		return exemplarOf(this.#span, this.#exampleValue, this.#exampleMs);
	}

	reset(): void {
		this.value = 0;
		this.#span = undefined;
	}
}

/** Numbers of a series of a histogram: how many fell into each bucket (the last one has no bound), and their sum. */
export class HistogramCell {
	readonly labels: Labels;
	readonly key: string;
	readonly counts: Float64Array;
	sum: number = Number.NaN;
	#spans: (api.SpanContext | undefined)[] | undefined;
	/** Value and time of each bucket's example. */
	#examples: Float64Array | undefined;

	constructor(labels: Labels, key: string, buckets: number) {
		this.labels = labels;
		this.key = key;
		this.counts = new Float64Array(buckets);
		this.sum = 0;
	}

	exemplify(bucket: number, span: api.SpanContext, value: number, timeMs: number): void {
		this.#spans ??= new Array<api.SpanContext | undefined>(this.counts.length).fill(undefined);
		this.#examples ??= new Float64Array(this.counts.length * 2);
		this.#spans[bucket] = span;
		this.#examples[bucket * 2] = value;
		this.#examples[bucket * 2 + 1] = timeMs;
	}

	exemplar(bucket: number): Exemplar | undefined {
		const examples = this.#examples;
		if (examples === undefined) return undefined;
		return exemplarOf(this.#spans?.[bucket], examples[bucket * 2] as number, examples[bucket * 2 + 1] as number);
	}

	reset(): void {
		this.counts.fill(0);
		this.sum = 0;
		this.#spans = undefined;
		this.#examples = undefined;
	}
}

/** OpenMetrics allows 128 characters of labels, these are 63. */
function exemplarOf(span: api.SpanContext | undefined, value: number, timeMs: number): Exemplar | undefined {
	if (span === undefined || !api.isSpanContextValid(span)) return undefined;
	return { labelSet: { trace_id: span.traceId, span_id: span.spanId }, value, timestamp: timeMs / 1_000 };
}
