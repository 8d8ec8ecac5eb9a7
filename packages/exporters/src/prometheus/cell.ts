import { telemetryFailed } from "@footlight/core";
import * as api from "@opentelemetry/api";
import { type Labels, labelsOf } from "./labels.ts";

/** What OpenMetrics allows the names and values of an exemplar's labels together. */
const mostCharacters = 128;

/** An example of what was recorded: the span it was recorded in, and when. */
export interface Exemplar {
	/** `trace_id` and `span_id`, and what a view left out of the labels, as far as there is room. */
	readonly labelSet: Labels;
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
	#filtered: api.Attributes | undefined;
	#exampleValue = Number.NaN;
	#exampleMs = Number.NaN;

	constructor(labels: Labels, key: string) {
		this.labels = labels;
		this.key = key;
		this.value = 0;
	}

	/** Only a reference is kept; ids are read by whoever asks. */
	exemplify(span: api.SpanContext, value: number, timeMs: number, filtered: api.Attributes | undefined): void {
		this.#span = span;
		this.#filtered = filtered;
		this.#exampleValue = value;
		this.#exampleMs = timeMs;
	}

	get exemplar(): Exemplar | undefined {
		return exemplarOf(this.#span, this.#exampleValue, this.#exampleMs, this.#filtered);
	}

	reset(): void {
		this.value = 0;
		this.#span = undefined;
		this.#filtered = undefined;
	}
}

/** Numbers of a series of a histogram: how many fell into each bucket (the last one has no bound), and their sum. */
export class HistogramCell {
	readonly labels: Labels;
	readonly key: string;
	readonly counts: Float64Array;
	sum: number = Number.NaN;
	#spans: (api.SpanContext | undefined)[] | undefined;
	#filtered: (api.Attributes | undefined)[] | undefined;
	/** Value and time of each bucket's example. */
	#examples: Float64Array | undefined;

	constructor(labels: Labels, key: string, buckets: number) {
		this.labels = labels;
		this.key = key;
		this.counts = new Float64Array(buckets);
		this.sum = 0;
	}

	exemplify(
		bucket: number,
		span: api.SpanContext,
		value: number,
		timeMs: number,
		filtered: api.Attributes | undefined,
	): void {
		this.#spans ??= new Array<api.SpanContext | undefined>(this.counts.length).fill(undefined);
		this.#examples ??= new Float64Array(this.counts.length * 2);
		this.#spans[bucket] = span;
		this.#examples[bucket * 2] = value;
		this.#examples[bucket * 2 + 1] = timeMs;
		if (filtered === undefined && this.#filtered === undefined) return;
		this.#filtered ??= [];
		this.#filtered[bucket] = filtered;
	}

	exemplar(bucket: number): Exemplar | undefined {
		const examples = this.#examples;
		if (examples === undefined) return undefined;
		const [value, timeMs] = [examples[bucket * 2] as number, examples[bucket * 2 + 1] as number];
		return exemplarOf(this.#spans?.[bucket], value, timeMs, this.#filtered?.[bucket]);
	}

	reset(): void {
		this.counts.fill(0);
		this.sum = 0;
		this.#spans = undefined;
		this.#filtered = undefined;
		this.#examples = undefined;
	}
}

function exemplarOf(
	span: api.SpanContext | undefined,
	value: number,
	timeMs: number,
	filtered: api.Attributes | undefined,
): Exemplar | undefined {
	if (span === undefined || !api.isSpanContextValid(span)) return undefined;
	const labelSet = exemplarLabels({ trace_id: span.traceId, span_id: span.spanId }, filtered);
	return { labelSet, value, timestamp: timeMs / 1_000 };
}

/** Adds each attribute that still fits, whole: half a value would be another. */
function exemplarLabels(ids: Labels, filtered: api.Attributes | undefined): Labels {
	if (filtered === undefined) return ids;
	const labels: Record<string, string> = { ...ids };
	let room = mostCharacters - characters(Object.entries(ids).flat());
	try {
		for (const [name, value] of Object.entries(labelsOf(filtered, {}))) {
			const needed = characters([name, value]);
			if (name in ids || needed > room) continue;
			labels[name] = value;
			room -= needed;
		}
	} catch (error) {
		telemetryFailed("prometheus exemplar", error);
	}
	return labels;
}

function characters(texts: readonly string[]): number {
	return texts.reduce((sum, text) => sum + [...text].length, 0);
}
