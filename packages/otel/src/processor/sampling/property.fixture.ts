// Over 250 lines: a history of spans, the naive account of what must become of them, and what is compared after each step.
import { type ManualClock, manualClock } from "@footlight/core/testing";
import { createTraceState, type SpanContext } from "@opentelemetry/api";
import fc from "fast-check";
import { type RecordedMetrics, recordMetrics } from "../../../../../test/recorded-metrics.ts";
import { spanBytes } from "../span-bytes.ts";
import type { EndedSpanLike, SpanLike, SpanProcessorLike } from "../span-shape.ts";
import { tailSampling } from "../tail-sampling.ts";

export class Violation extends Error {}

function same(what: string, expected: unknown, got: unknown): void {
	const [one, other] = [JSON.stringify(expected), JSON.stringify(got)];
	if (one !== other) throw new Violation(`${what}: expected ${one}, got ${other}`);
}

/** What a span says as it ends, and what that is a reason for. */
const sayings = {
	nothing: { attributes: {} },
	big: { attributes: { "stage.output": "x".repeat(4_000) } },
	"was cancelled": { attributes: { outcome: "cancelled" } },
	"needed one attempt": { attributes: { "retry.attempt_count": 1 } },
	"cost little": { attributes: { "pipeline.cost.usd": 0.05 } },
	"has status error": { attributes: {}, statusCode: 2, reason: "error" },
	"timed out": { attributes: { outcome: "timeout" }, statusCode: 2, reason: "error" },
	"was refused": { attributes: { outcome: "rejected" }, statusCode: 2, reason: "rejected" },
	"was interrupted": { attributes: { outcome: "interrupted" }, reason: "interrupted" },
	"was retried": { attributes: { "retry.attempt_count": 2 }, reason: "retried" },
	"was sent again": { attributes: { "http.request.resend_count": 1 }, reason: "retried" },
	"fell back": { attributes: { outcome: "fallback" }, reason: "fallback" },
	"cost much": { attributes: { "pipeline.cost.usd": 0.1 }, reason: "expensive" },
	"is of interest": { attributes: { "app.tenant": "acme" }, reason: "chosen" },
	"was slow": { attributes: {}, durationMs: 5_000, reasonOfRoot: "slow" },
} as const satisfies Record<string, Saying>;

interface Saying {
	readonly attributes: Readonly<Record<string, string | number>>;
	readonly statusCode?: number;
	readonly durationMs?: number;
	readonly reason?: string;
	/** A reason only where the trace came into the process by that span. */
	readonly reasonOfRoot?: string;
}

/** From the best; of each trace the best is told. */
const bestFirst = [
	...["error", "rejected", "interrupted", "retried", "fallback", "expensive", "slow", "chosen", "sampled"],
];

const all = 2n ** 56n;
const ratios = [0, 0.25, 0.5, 0.75, 1];
/** What samplers before have written, and what follows from it; the randomness is the trace id's where it is not told. */
const upstreams = [undefined, "ot=th:0", "ot=th:8", "ot=rv:ffffffffffffff;th:c", "ot=rv:40000000000000", "other=1"];

interface Trace {
	readonly randomness: bigint;
	readonly upstream: number;
	readonly isSampled: boolean;
}

type Step =
	| { readonly do: "start"; readonly trace: number; readonly parent: "none" | "remote" | "local" }
	| { readonly do: "end"; readonly pick: number; readonly says: keyof typeof sayings }
	| { readonly do: "wait"; readonly ms: number }
	| { readonly do: "flush" };

interface Case {
	readonly traces: readonly Trace[];
	readonly ratio: number;
	readonly maxTraces: number;
	readonly maxSpans: number;
	readonly maxBytes: number;
	readonly steps: readonly Step[];
}

interface FakeSpan extends EndedSpanLike {
	readonly trace: number;
	readonly id: string;
}

/** What is known of a trace by the naive account. */
interface Account {
	readonly startMs: number;
	readonly openRoots: Set<string>;
	readonly ended: { readonly span: FakeSpan; readonly reason: string | undefined }[];
	decided: { readonly reason: string | undefined; readonly isEarly: boolean } | undefined;
}

const decideAfterMs = 60_000;

class World {
	readonly #given: Case;
	readonly #clock: ManualClock = manualClock();
	readonly #metrics: RecordedMetrics = recordMetrics();
	readonly #sampler: ReturnType<typeof tailSampling>;
	readonly #open: FakeSpan[] = [];
	readonly #accounts = new Map<number, Account>();
	readonly #seen: EndedSpanLike[] = [];
	/** In the order in which they must be handed on. */
	readonly #expected: { readonly span: FakeSpan; readonly reason: string }[] = [];
	#sampledOut = 0;
	#sampledOutEarly = 0;
	#ended = 0;
	#nowMs = 0;
	#spans = 0;

	constructor(given: Case) {
		this.#given = given;
		const { ratio, maxTraces, maxSpans, maxBytes } = given;
		const last: SpanProcessorLike = {
			onStart() {},
			onEnding() {},
			onEnd: (span: SpanLike) => void this.#seen.push(span as EndedSpanLike),
			forceFlush: () => Promise.resolve(),
			shutdown: () => Promise.resolve(),
		};
		this.#sampler = tailSampling({
			...{ processors: [last], ratio, maxTraces, maxSpans, maxBytes, decideAfterMs, clock: this.#clock },
			keepIf: ({ attributes }) => "app.tenant" in attributes,
			meterProvider: this.#metrics.meterProvider,
		});
	}

	async run(): Promise<void> {
		for (const step of this.#given.steps) {
			await this.#take(step);
			this.#check();
		}
		await this.#sampler.shutdown();
		for (const [trace, account] of this.#held()) this.#decide(trace, account, true);
		this.#check();
		same("held after the shutdown", 0, this.#sampler.report().held);
		this.#checkWholeness();
		for (const [reason, spans] of [
			["sampling", this.#sampledOut],
			["sampling_early", this.#sampledOutEarly],
		] as const) {
			const labels = { "pipeline.telemetry.signal": "traces", "pipeline.telemetry.reason": reason };
			same(`metric ${reason}`, spans, await this.#metrics.total("pipeline.telemetry.dropped", labels));
		}
	}

	async #take(step: Step): Promise<void> {
		switch (step.do) {
			case "start":
				return this.#start(step.trace % this.#given.traces.length, step.parent);
			case "end":
				return this.#end(step.pick, step.says);
			case "wait":
				await this.#clock.advance(step.ms);
				this.#nowMs += step.ms;
				for (const [trace, account] of this.#held()) {
					if (account.startMs + decideAfterMs <= this.#nowMs) this.#decide(trace, account, true);
				}
				return;
			case "flush":
				return this.#sampler.forceFlush();
		}
	}

	#start(trace: number, parent: "none" | "remote" | "local"): void {
		const span = this.#makeSpan(trace, parent);
		this.#open.push(span);
		this.#sampler.onStart(span, {});
		if (!this.#traceOf(trace).isSampled) return;
		const known = this.#accounts.get(trace);
		if (known === undefined) {
			const account = { startMs: this.#nowMs, openRoots: new Set([span.id]), ended: [], decided: undefined };
			this.#accounts.set(trace, account);
			this.#makeRoom();
		} else if (known.decided === undefined && parent !== "local") known.openRoots.add(span.id);
	}

	#end(pick: number, says: keyof typeof sayings): void {
		// From the newest: children end before their parents, most often.
		const [span] = this.#open.splice(-1 - (pick % Math.max(1, this.#open.length)), 1);
		if (span === undefined) return;
		const saying: Saying = sayings[says];
		const durationMs = saying.durationMs ?? 1;
		Object.assign(span, {
			...{ attributes: { ...saying.attributes }, status: { code: saying.statusCode ?? 0 }, ended: true },
			duration: [Math.floor(durationMs / 1_000), (durationMs % 1_000) * 1e6],
		});
		this.#sampler.onEnd(span);
		if (!this.#traceOf(span.trace).isSampled) {
			this.#expected.push({ span, reason: "" });
			return;
		}
		this.#ended++;
		const account = this.#accounts.get(span.trace) as Account;
		if (account.decided !== undefined) {
			this.#pass(span, account.decided);
			return;
		}
		const isRoot = account.openRoots.delete(span.id);
		account.ended.push({ span, reason: saying.reason ?? (isRoot ? saying.reasonOfRoot : undefined) });
		if (isRoot && account.openRoots.size === 0) this.#decide(span.trace, account, false);
		else this.#makeRoom();
	}

	#makeRoom(): void {
		const { maxTraces, maxSpans, maxBytes } = this.#given;
		for (;;) {
			const held = this.#held();
			const spans = held.flatMap(([, { ended }]) => ended);
			const bytes = spans.reduce((sum, { span }) => sum + spanBytes(span), 0);
			if (held.length <= maxTraces && spans.length <= maxSpans && bytes <= maxBytes) return;
			const [trace, account] = held[0] as [number, Account];
			this.#decide(trace, account, true);
		}
	}

	/** From the oldest. */
	#held(): [number, Account][] {
		return [...this.#accounts].filter(([, { decided }]) => decided === undefined);
	}

	#decide(trace: number, account: Account, isEarly: boolean): void {
		const reasons = account.ended.map(({ reason }) => reason);
		const best = bestFirst.find((reason) => reasons.includes(reason));
		account.decided = { reason: best ?? (this.#isChosen(trace) ? "sampled" : undefined), isEarly };
		for (const { span } of account.ended) this.#pass(span, account.decided);
	}

	#pass(span: FakeSpan, { reason, isEarly }: NonNullable<Account["decided"]>): void {
		if (reason !== undefined) this.#expected.push({ span, reason });
		else if (isEarly) this.#sampledOutEarly++;
		else this.#sampledOut++;
	}

	#isChosen(trace: number): boolean {
		const { ratio } = this.#given;
		return ratio > 0 && this.#randomnessOf(trace) >= all - BigInt(ratio * 4) * (all / 4n);
	}

	#randomnessOf(trace: number): bigint {
		const told = /rv:(\w{14})/.exec(upstreams[this.#traceOf(trace).upstream] ?? "")?.[1];
		return told === undefined ? this.#traceOf(trace).randomness : BigInt(`0x${told}`);
	}

	#traceOf(trace: number): Trace {
		return this.#given.traces[trace] as Trace;
	}

	#check(): void {
		same(
			"handed on",
			this.#expected.map(({ span }) => span.id),
			this.#seen.map((span) => span.spanContext().spanId),
		);
		const { ended, kept, sampledOut, sampledOutEarly, held } = this.#sampler.report();
		same("sampled out", [this.#sampledOut, this.#sampledOutEarly], [sampledOut, sampledOutEarly]);
		same("ended", this.#ended, ended);
		same("sum of what became of the spans", ended, kept + sampledOut + sampledOutEarly + held);
		if (held > this.#given.maxSpans) throw new Violation(`${held} spans are held`);
		for (const [index, span] of this.#seen.entries()) this.#checkSaid(index, span);
	}

	/** The count that a span stands for, as an attribute and as the threshold beside its trace id. */
	#checkSaid(index: number, span: EndedSpanLike): void {
		const { span: given, reason } = this.#expected[index] as { readonly span: FakeSpan; readonly reason: string };
		const { isSampled, upstream } = this.#traceOf(given.trace);
		const said = span.attributes as Readonly<Record<string, unknown>>;
		const state = span.spanContext().traceState?.serialize() ?? "";
		if (!isSampled) {
			same("an unsampled span", given.attributes, said);
			return;
		}
		const told = /th:(\w+)/.exec(upstreams[upstream] ?? "")?.[1]?.padEnd(14, "0");
		const before = BigInt(`0x${told ?? "0"}`);
		const own = reason === "sampled" ? all - BigInt(this.#given.ratio * 4) * (all / 4n) : 0n;
		const threshold = before > own ? before : own;
		const isKnown = this.#randomnessOf(given.trace) >= before;
		const count = isKnown ? Number(all) / Number(all - threshold) : undefined;
		same("adjusted count", count, said["pipeline.sampling.adjusted_count"]);
		const isRoot = given.parentSpanContext === undefined || given.parentSpanContext.isRemote === true;
		same("reason", isRoot ? reason : undefined, said["pipeline.sampling.reason"]);
		const digits = threshold.toString(16).padStart(14, "0").replace(/0+$/, "") || "0";
		same("threshold", isKnown ? digits : undefined, /th:(\w+)/.exec(state)?.[1]);
		same(
			"the rest of the trace state",
			/rv:\w+|other=1/.exec(upstreams[upstream] ?? "")?.[0],
			/rv:\w+|other=1/.exec(state)?.[0],
		);
		if ("pipeline.sampling.adjusted_count" in given.attributes) throw new Violation("the span itself was changed");
	}

	/** Whatever came in between: of each trace all spans that have ended were handed on, or none. */
	#checkWholeness(): void {
		for (const [trace, { ended }] of this.#accounts) {
			const handedOn = this.#seen.filter(
				(span) => span.spanContext().traceId === traceId(trace, this.#traceOf(trace)),
			).length;
			const late = this.#expected.filter(({ span }) => span.trace === trace).length;
			if (handedOn !== 0 && handedOn < ended.length) throw new Violation(`a trace is neither whole nor absent`);
			same("spans of a trace", late, handedOn);
		}
	}

	#makeSpan(trace: number, parent: "none" | "remote" | "local"): FakeSpan {
		const { upstream, isSampled } = this.#traceOf(trace);
		const id = (++this.#spans).toString(16).padStart(16, "0");
		const traceState = upstreams[upstream];
		const context: SpanContext = {
			...{ traceId: traceId(trace, this.#traceOf(trace)), spanId: id, traceFlags: isSampled ? 1 : 0 },
			...(traceState !== undefined && { traceState: createTraceState(traceState) }),
		};
		const parentSpanContext = { ...context, spanId: "f".repeat(16), isRemote: parent === "remote" };
		return {
			...{ trace, id, name: "span", kind: 0, startTime: [1, 0], endTime: [1, 0], duration: [-1, -1], ended: false },
			...{ status: { code: 0 }, attributes: {}, events: [], links: [] },
			...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
			...{ resource: { attributes: {} }, instrumentationScope: { name: "test" }, spanContext: () => context },
			...(parent !== "none" && { parentSpanContext }),
		};
	}
}

function traceId(trace: number, { randomness }: Trace): string {
	return `${(trace + 1).toString(16).padStart(18, "0")}${randomness.toString(16).padStart(14, "0")}`;
}

const trace: fc.Arbitrary<Trace> = fc.record({
	randomness: fc.oneof(
		fc.bigInt({ min: 0n, max: all - 1n }),
		fc.constantFrom(0n, all / 4n, all / 2n - 1n, all / 2n, all - 1n),
	),
	upstream: fc.nat(upstreams.length - 1),
	isSampled: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
});

const start = fc.record({
	do: fc.constant("start" as const),
	trace: fc.nat(5),
	parent: fc.constantFrom("none" as const, "remote" as const, "local" as const, "local" as const),
});
const pick = fc.oneof(fc.constant(0), fc.nat(20));
const says = fc.oneof(
	{ weight: 2, arbitrary: fc.constant("nothing" as const) },
	{ weight: 1, arbitrary: fc.constantFrom(...(Object.keys(sayings) as (keyof typeof sayings)[])) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 10, arbitrary: start },
	{ weight: 10, arbitrary: fc.record({ do: fc.constant("end" as const), pick, says }) },
	{
		weight: 2,
		arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 1_000, 59_999, 60_000) }),
	},
	{ weight: 1, arbitrary: fc.constant({ do: "flush" as const }) },
);

const history: fc.Arbitrary<Case> = fc.record({
	traces: fc.array(trace, { minLength: 1, maxLength: 6 }),
	ratio: fc.constantFrom(...ratios),
	maxTraces: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(100)),
	maxSpans: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(100)),
	maxBytes: fc.oneof(fc.constantFrom(1_500, 6_000), fc.constant(2 ** 20)),
	steps: fc.array(step, { maxLength: 80, size: "max" }),
});

export const samplingProperty: fc.IAsyncProperty<[Case]> = fc.asyncProperty(history, (given) => new World(given).run());
