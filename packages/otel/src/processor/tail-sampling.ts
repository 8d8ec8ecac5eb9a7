// Over 250 lines: the options of tail sampling, and the one decision that they are for.
import { type Clock, systemClock } from "@footlight/core";
import {
	knownOptions,
	listWithMethods,
	milliseconds,
	optionalFunction,
	positiveInteger,
	ratio,
	refuse,
	withMethods,
} from "@footlight/core/option";
import { type Alarm, setAlarm, withoutTelemetry } from "@footlight/core/telemetry";
import type { MeterProvider, SpanContext } from "@opentelemetry/api";
import { behind, type GivenSpanProcessor } from "./behind.ts";
import { type Decision, DecisionMemory } from "./sampling/decision.ts";
import { DropMeter } from "./sampling/drop-meter.ts";
import { type HeldLimits, type HeldTrace, HeldTraces } from "./sampling/held-traces.ts";
import { type KeepReason, type KeepRules, keepReasons, noReason, rankOf } from "./sampling/keep-reason.ts";
import { keptSpan } from "./sampling/kept-span.ts";
import { keepsAll, randomnessOf, type SampledState, sampledState, thresholdOf } from "./sampling/probability.ts";
import { spanBytes } from "./span-bytes.ts";
import { type EndedSpanLike, isSampled, type SpanLike, type SpanProcessorLike } from "./span-shape.ts";

export interface TailSamplingOptions {
	/** What gets the spans that are kept, in this order. */
	readonly processors: readonly GivenSpanProcessor[];
	/** Share of the traces that nothing speaks for that is kept all the same, from 0 to 1. */
	readonly ratio: number;
	/** Keeps a trace whose first span here took so long, in milliseconds. @default 5000 */
	readonly slowMs?: number;
	/** Keeps a trace that cost so much, in US dollars. @default 0.1 */
	readonly expensiveUsd?: number;
	/** Keeps a trace for one of its spans, which has ended. */
	readonly keepIf?: (span: EndedSpanLike) => boolean;
	/** Most traces that wait for their end; beyond, the oldest is decided early. @default 10000 */
	readonly maxTraces?: number;
	/** Most ended spans that wait. @default 50000 */
	readonly maxSpans?: number;
	/** Most bytes that these take, by estimate. @default 64 MiB */
	readonly maxBytes?: number;
	/** Longest that a trace waits, in milliseconds; then it is decided early. @default 300000 */
	readonly decideAfterMs?: number;
	/** For so many traces it is known how they were decided, for spans that end later; at least for half of them. @default 50000 */
	readonly maxDecisions?: number;
	/** @default the machine's clock */
	readonly clock?: Clock;
	/** Where the metric goes. @default the globally registered provider, whenever that is */
	readonly meterProvider?: MeterProvider;
}

/** What has become of the spans that ended: `ended` is the sum of the others. */
export interface TailSamplingReport {
	readonly ended: number;
	/** Handed on. */
	readonly kept: number;
	readonly sampledOut: number;
	/** Sampled out before their trace had come to its end. */
	readonly sampledOutEarly: number;
	/** Wait for their trace to end. */
	readonly held: number;
}

const known = [
	...["processors", "ratio", "slowMs", "expensiveUsd", "keepIf", "maxTraces", "maxSpans", "maxBytes", "decideAfterMs"],
	...["maxDecisions", "clock", "meterProvider"],
];
const where = (option: string): string => `tailSampling: ${option}`;

/**
 * Decides of each trace when it is over whether it is kept, whole: all with an error, a refusal, an interrupt, a retry, a
 * fallback, a high cost or a long duration are, and of the rest a share.
 *
 * The spans of a trace wait until the span by which it came into this process has ended. The share is chosen by the
 * randomness of the trace id, as the OpenTelemetry specification of probability sampling says, so that processes with the
 * same `ratio` keep the same traces. What is kept says how many it stands for: by the attribute
 * `pipeline.sampling.adjusted_count` and by `ot=th` of its trace state. Spans that end after the decision follow it. Put
 * the processors that export behind it, and `redaction()` and others that edit beside it. A sampler that drops spans as
 * they start must write `ot=th`, or its share is missing in the counts.
 *
 * **Emits** the metric `pipeline.telemetry.dropped` for spans sampled out, with the reason `sampling`, or `sampling_early`
 * where a trace was decided before its end: for want of room, after `decideAfterMs`, or at shutdown.
 * **Throws** RangeError or TypeError for options that cannot be.
 *
 * @example
 * const spanProcessors = [tailSampling({ ratio: 0.1, processors: [new BatchSpanProcessor({ exporter })] }), redaction()];
 * new TracerProvider({ spanProcessors });
 */
export function tailSampling(options: TailSamplingOptions): SpanProcessorLike & { report(): TailSamplingReport } {
	const settings = checked(options);
	return new TailSampler(settings);
}

interface Settings extends KeepRules, HeldLimits {
	readonly processors: readonly GivenSpanProcessor[];
	readonly ratio: number;
	readonly decideAfterMs: number;
	readonly maxDecisions: number;
	readonly clock: Clock;
	readonly meterProvider: MeterProvider | undefined;
}

function checked(options: TailSamplingOptions): Settings {
	if (options === undefined) refuse(TypeError, where("options"), "an object", options);
	knownOptions("tailSampling", options, known);
	const { slowMs = 5_000, expensiveUsd = 0.1, keepIf, clock = systemClock, meterProvider } = options;
	const { maxTraces = 10_000, maxSpans = 50_000, maxBytes = 64 * 2 ** 20 } = options;
	const { decideAfterMs = 300_000, maxDecisions = 50_000 } = options;
	listWithMethods(where("processors"), options.processors, ["onStart", "onEnd", "forceFlush", "shutdown"]);
	if (options.processors.length === 0) {
		refuse(RangeError, where("processors"), "an array of at least one entry", options.processors);
	}
	ratio(where("ratio"), options.ratio);
	for (const [option, value] of Object.entries({ slowMs, expensiveUsd })) {
		if (typeof value !== "number") refuse(TypeError, where(option), "a number of at least 0", value);
		if (!(value >= 0)) refuse(RangeError, where(option), "a number of at least 0", value);
	}
	optionalFunction(where("keepIf"), keepIf);
	const limits = { maxTraces, maxSpans, maxBytes };
	for (const [option, value] of Object.entries({ ...limits, maxDecisions })) positiveInteger(where(option), value);
	milliseconds(where("decideAfterMs"), decideAfterMs);
	withMethods(where("clock"), clock, ["now", "monotonicMs", "sleep"]);
	if (meterProvider !== undefined) withMethods(where("meterProvider"), meterProvider, ["getMeter"]);
	const { processors, ratio: share } = options;
	return {
		...{ processors, ratio: share, slowMs, expensiveUsd, keepIf, ...limits },
		...{ decideAfterMs, maxDecisions, clock, meterProvider },
	};
}

class TailSampler implements SpanProcessorLike {
	readonly #settings: Settings;
	readonly #behind: SpanProcessorLike;
	readonly #held: HeldTraces;
	readonly #decisions: DecisionMemory;
	readonly #meter: DropMeter;
	/** Undefined where nothing is kept by chance. */
	readonly #threshold: string | undefined;
	/** One decision for each way to decide. */
	readonly #kept: ReadonlyMap<KeepReason, Decision & { readonly isKept: true }>;
	readonly #counts = { ended: 0, kept: 0, sampledOut: 0, sampledOutEarly: 0 };
	#alarm: Alarm | undefined;
	#isShutDown = false;

	constructor(settings: Settings) {
		this.#settings = settings;
		this.#behind = behind(settings.processors);
		this.#held = new HeldTraces(settings);
		this.#decisions = new DecisionMemory(settings.maxDecisions);
		this.#meter = new DropMeter(settings.meterProvider);
		this.#threshold = settings.ratio === 0 ? undefined : thresholdOf(settings.ratio);
		const thresholds = keepReasons.map(
			(reason) => [reason, reason === "sampled" ? (this.#threshold ?? keepsAll) : keepsAll] as const,
		);
		this.#kept = new Map(thresholds.map(([reason, threshold]) => [reason, { isKept: true, reason, threshold }]));
	}

	onStart(span: object, parentContext: object): void {
		this.#behind.onStart(span, parentContext);
		const { spanContext, parentSpanContext } = contextsOf(span);
		if (this.#isShutDown || !isSampled(spanContext)) return;
		const { traceId, spanId } = spanContext;
		const held = this.#held.find(traceId);
		if (held !== undefined) {
			if (isRoot(parentSpanContext)) held.openRoots.add(spanId);
		} else if (this.#decisions.get(traceId) === undefined) {
			this.#open(spanContext).openRoots.add(spanId);
			this.#makeRoom();
		}
	}

	onEnding(span: SpanLike): void {
		this.#behind.onEnding(span);
	}

	onEnd(ended: SpanLike): void {
		const span = ended as EndedSpanLike;
		const context = span.spanContext();
		if (!isSampled(context)) {
			// Not to be exported whatever is decided here; what stands behind may want it all the same.
			this.#behind.onEnd(span);
			return;
		}
		this.#counts.ended++;
		const { traceId, spanId } = context;
		const held = this.#held.find(traceId);
		if (held === undefined) {
			this.#release([span], this.#decisions.get(traceId) ?? this.#decideAlone(span, context));
			return;
		}
		const isLocalRoot = held.openRoots.delete(spanId);
		held.rank = Math.min(held.rank, rankOf(span, isLocalRoot, this.#settings));
		this.#held.add(held, span, spanBytes(span));
		if (isLocalRoot && held.openRoots.size === 0) this.#settle(held, false);
		else this.#makeRoom();
	}

	/** Traces that go on are not decided for it: what they may still become is not known. */
	forceFlush(): Promise<void> {
		return this.#behind.forceFlush();
	}

	shutdown(): Promise<void> {
		this.#isShutDown = true;
		this.#alarm?.cancel();
		for (let held = this.#held.oldest; held !== undefined; held = this.#held.oldest) this.#settle(held, true);
		return this.#behind.shutdown();
	}

	report(): TailSamplingReport {
		return { ...this.#counts, held: this.#held.spans };
	}

	#open({ traceId, ...context }: SpanContext): HeldTrace {
		const { clock } = this.#settings;
		const held = this.#held.open(traceId, randomnessOf({ traceId, ...context }), clock.monotonicMs());
		if (this.#alarm === undefined) this.#setAlarm(this.#settings.decideAfterMs);
		return held;
	}

	#makeRoom(): void {
		while (this.#held.isOverLimit) {
			const { oldest } = this.#held;
			if (oldest === undefined) return;
			this.#settle(oldest, true);
		}
	}

	/** A span of a trace that is not known, or not any more. */
	#decideAlone(span: EndedSpanLike, context: SpanContext): Decision {
		const rank = rankOf(span, true, this.#settings);
		const decision = this.#decide(rank, randomnessOf(context), false);
		this.#decisions.set(context.traceId, decision);
		return decision;
	}

	#settle(held: HeldTrace, isEarly: boolean): void {
		this.#held.remove(held);
		const decision = this.#decide(held.rank, held.randomness, isEarly);
		this.#decisions.set(held.traceId, decision);
		this.#release(held.spans, decision);
	}

	#decide(rank: number, randomness: string, isEarly: boolean): Decision {
		const reason = rank < noReason ? keepReasons[rank] : this.#isChosenByChance(randomness) ? "sampled" : undefined;
		return reason === undefined ? { isKept: false, isEarly } : (this.#kept.get(reason) as Decision);
	}

	#isChosenByChance(randomness: string): boolean {
		return this.#threshold !== undefined && randomness >= this.#threshold;
	}

	#release(spans: readonly EndedSpanLike[], decision: Decision): void {
		if (!decision.isKept) {
			this.#counts[decision.isEarly ? "sampledOutEarly" : "sampledOut"] += spans.length;
			if (spans.length > 0) this.#meter.count(decision.isEarly ? "sampling_early" : "sampling", spans.length);
			return;
		}
		this.#counts.kept += spans.length;
		let before: SpanContext | undefined;
		let state: SampledState | undefined;
		for (const span of spans) {
			const context = span.spanContext();
			// Spans of one trace share their trace state, most often.
			if (state === undefined || before?.traceState !== context.traceState) {
				state = sampledState(context, decision.threshold);
				before = context;
			}
			this.#behind.onEnd(keptSpan(span, state, isRoot(span.parentSpanContext) ? decision.reason : undefined));
		}
	}

	#setAlarm(afterMs: number): void {
		// A timer remembers the context it was set in, and this one is nobody's.
		this.#alarm = withoutTelemetry(() => setAlarm(this.#settings.clock, afterMs, () => this.#settleOverdue()));
		this.#alarm.keepsAlive(false);
	}

	#settleOverdue(): void {
		this.#alarm = undefined;
		const { clock, decideAfterMs } = this.#settings;
		const nowMs = clock.monotonicMs();
		for (let { oldest } = this.#held; oldest !== undefined; oldest = this.#held.oldest) {
			const leftMs = oldest.startMs + decideAfterMs - nowMs;
			if (leftMs > 0) {
				this.#setAlarm(Math.ceil(leftMs));
				return;
			}
			this.#settle(oldest, true);
		}
	}
}

interface Contexts {
	readonly spanContext: SpanContext;
	readonly parentSpanContext: SpanContext | undefined;
}

function contextsOf(span: object): Contexts {
	const { parentSpanContext } = span as EndedSpanLike;
	return { spanContext: (span as EndedSpanLike).spanContext(), parentSpanContext };
}

/** True for a span by which a trace begins, or comes into this process. */
function isRoot(parent: SpanContext | undefined): boolean {
	return parent === undefined || parent.isRemote === true;
}
