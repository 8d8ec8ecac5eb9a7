import type { EndedSpanLike } from "../span-shape.ts";
import { noReason } from "./keep-reason.ts";

/** A trace that goes on: those of its spans that have ended, and what is known of it. */
export interface HeldTrace {
	readonly traceId: string;
	readonly startMs: number;
	/** As in the rules of probability sampling. */
	readonly randomness: string;
	/** Ids of the spans by which the trace came into this process, and that have not ended yet. */
	readonly openRoots: Set<string>;
	readonly spans: EndedSpanLike[];
	/** The best reason to keep it so far. */
	rank: number;
	bytes: number;
	older: HeldTrace | undefined;
	newer: HeldTrace | undefined;
}

export interface HeldLimits {
	readonly maxTraces: number;
	readonly maxSpans: number;
	readonly maxBytes: number;
}

/** The traces that go on, found by their id and by their age. */
export class HeldTraces {
	readonly #limits: HeldLimits;
	readonly #byId = new Map<string, HeldTrace>();
	#oldest: HeldTrace | undefined;
	#newest: HeldTrace | undefined;
	#spans = 0;
	#bytes = 0;

	constructor(limits: HeldLimits) {
		this.#limits = limits;
	}

	get traces(): number {
		return this.#byId.size;
	}

	get spans(): number {
		return this.#spans;
	}

	get bytes(): number {
		return this.#bytes;
	}

	get oldest(): HeldTrace | undefined {
		return this.#oldest;
	}

	/** True where the oldest has to go. */
	get isOverLimit(): boolean {
		const { maxTraces, maxSpans, maxBytes } = this.#limits;
		return this.#byId.size > maxTraces || this.#spans > maxSpans || this.#bytes > maxBytes;
	}

	find(traceId: string): HeldTrace | undefined {
		return this.#byId.get(traceId);
	}

	open(traceId: string, randomness: string, startMs: number): HeldTrace {
		const trace: HeldTrace = {
			...{ traceId, startMs, randomness, openRoots: new Set(), spans: [], rank: noReason, bytes: 0 },
			...{ older: this.#newest, newer: undefined },
		};
		if (this.#newest === undefined) this.#oldest = trace;
		else this.#newest.newer = trace;
		this.#newest = trace;
		this.#byId.set(traceId, trace);
		return trace;
	}

	add(trace: HeldTrace, span: EndedSpanLike, bytes: number): void {
		trace.spans.push(span);
		trace.bytes += bytes;
		this.#spans++;
		this.#bytes += bytes;
	}

	remove(trace: HeldTrace): void {
		if (!this.#byId.delete(trace.traceId)) return;
		if (trace.older === undefined) this.#oldest = trace.newer;
		else trace.older.newer = trace.newer;
		if (trace.newer === undefined) this.#newest = trace.older;
		else trace.newer.older = trace.older;
		this.#spans -= trace.spans.length;
		this.#bytes -= trace.bytes;
	}
}
