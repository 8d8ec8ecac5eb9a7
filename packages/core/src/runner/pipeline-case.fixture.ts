// Over 250 lines: what a random pipeline is, and how it is made, run and shown, is read together.
import fc from "fast-check";
import { attempts, type Clock, type Current, footlight, type Middleware, type PipelineResult } from "../index.ts";
import { type FinishedSpan, type ManualClock, manualClock, recordingTracerProvider } from "../testing/index.ts";
import type { FailureMode } from "./options.ts";
import { type RecordedMetrics, recordingMeterProvider } from "./recording-meter.fixture.ts";

/** A stage of a random pipeline: what it does and what goes wrong with it. */
export interface StageSpec {
	readonly name: string;
	/** Numbers of earlier stages. */
	readonly after: readonly number[];
	readonly form: "sync" | "async" | "stream" | "map";
	readonly delayMs: number;
	/** So many attempts fail; of a stream, it fails after so many items. */
	readonly faults: number;
	readonly maxAttempts: number;
	readonly when: "always" | "true" | "false" | "throws";
	readonly costUsd: number;
	readonly heedsSignal: boolean;
	readonly throwsText: boolean;
	readonly itemCount: number;
	readonly itemConcurrency: number | undefined;
	/** How many items it reads of each stream it is given. */
	readonly reads: number;
	readonly tee: boolean;
}

/** A random pipeline, and what happens to its run from outside. */
export interface PipelineSpec {
	readonly stages: readonly StageSpec[];
	readonly mode: FailureMode;
	readonly concurrency: number | undefined;
	readonly timeoutMs: number | undefined;
	readonly abortAtMs: number | undefined;
	/** False: nobody listens, and the report has to be right all the same. */
	readonly isHeard: boolean;
	readonly cancelGraceMs: number;
}

/** One entry of the record that the stages' own functions keep. */
export interface Entry {
	readonly what: "start" | "return" | "throw" | "stream item" | "stream end" | "stream fail" | "stream cancel";
	readonly stage: number;
	readonly index: number;
	readonly attempt: number;
	readonly atMs: number;
	readonly value?: unknown;
	readonly current?: boolean;
}

/** All there is to know of a case that was run. */
export interface Observed {
	readonly spec: PipelineSpec;
	readonly entries: readonly Entry[];
	/** How long the record was when the run had ended. */
	readonly entriesAtEnd: number;
	readonly result: PipelineResult<Record<string, unknown>> | undefined;
	readonly endedAtMs: number;
	readonly startedAtMs: number;
	readonly spans: readonly FinishedSpan[];
	readonly openSpans: number;
	readonly metrics: RecordedMetrics | undefined;
	/** Timers and listeners of the runner that were left when the run had ended. */
	readonly timers: number;
	readonly listeners: number;
}

const stageArbitrary = fc.record({
	after: fc.array(fc.nat(), { maxLength: 4 }),
	form: fc.oneof(
		{ weight: 3, arbitrary: fc.constant("sync" as const) },
		{ weight: 4, arbitrary: fc.constant("async" as const) },
		{ weight: 2, arbitrary: fc.constant("stream" as const) },
		{ weight: 2, arbitrary: fc.constant("map" as const) },
	),
	delayMs: fc.nat({ max: 20 }),
	faults: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }) }),
	maxAttempts: fc.oneof(
		{ weight: 3, arbitrary: fc.constant(1) },
		{ weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }) },
	),
	when: fc.oneof(
		{ weight: 12, arbitrary: fc.constant("always" as const) },
		{ weight: 2, arbitrary: fc.constant("true" as const) },
		{ weight: 2, arbitrary: fc.constant("false" as const) },
		{ weight: 1, arbitrary: fc.constant("throws" as const) },
	),
	costUsd: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 8 }) }),
	heedsSignal: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
	throwsText: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
	itemCount: fc.nat({ max: 5 }),
	itemConcurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
	reads: fc.oneof({ weight: 4, arbitrary: fc.constant(100) }, { weight: 1, arbitrary: fc.nat({ max: 2 }) }),
});

const stagesArbitrary = fc.oneof(
	{ withCrossShrink: true },
	{ weight: 12, arbitrary: fc.array(stageArbitrary, { minLength: 1, maxLength: 10, size: "max" }) },
	{ weight: 2, arbitrary: fc.array(stageArbitrary, { minLength: 1, maxLength: 60, size: "max" }) },
	{ weight: 1, arbitrary: fc.array(stageArbitrary, { minLength: 60, maxLength: 200, size: "max" }) },
);

/** Random pipelines of up to 200 stages. */
export const pipelineArbitrary: fc.Arbitrary<PipelineSpec> = fc
	.record({
		stages: stagesArbitrary,
		mode: fc.constantFrom("fail-fast" as const, "continue" as const, "best-effort" as const),
		concurrency: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
		timeoutMs: fc.oneof(
			{ weight: 4, arbitrary: fc.constant(undefined) },
			{ weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) },
		),
		abortAtMs: fc.oneof(
			{ weight: 5, arbitrary: fc.constant(undefined) },
			{ weight: 1, arbitrary: fc.nat({ max: 60 }) },
		),
		isHeard: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
		cancelGraceMs: fc.constantFrom(1, 5, 100),
	})
	.map(({ stages, ...rest }) => ({ ...rest, stages: withNames(stages) }));

type Unnamed = Omit<StageSpec, "name" | "after" | "tee"> & { readonly after: readonly number[] };

/** Names the stages, and keeps streams to the places where they may stand. */
function withNames(given: readonly Unnamed[]): StageSpec[] {
	const after = given.map((stage, number) => [...new Set(number === 0 ? [] : stage.after.map((at) => at % number))]);
	const before = after.map(() => new Set<number>());
	for (const [number, numbers] of after.entries()) {
		for (const dependency of numbers) {
			before[number]?.add(dependency);
			for (const further of before[dependency] ?? []) before[number]?.add(further);
		}
	}
	const readersOf = (number: number) => after.flatMap((numbers, reader) => (numbers.includes(number) ? [reader] : []));
	const forms = given.map(({ form }, number) => {
		const readers = readersOf(number);
		const isStuck = readers.some((late) => readers.some((early) => before[late]?.has(early)));
		return form === "stream" && isStuck ? "async" : form;
	});
	return given.map((stage, number) => {
		const form = forms[number] as StageSpec["form"];
		const isReader = after[number]?.some((dependency) => forms[dependency] === "stream");
		return {
			...stage,
			form,
			name: `s${number}`,
			after: after[number] as number[],
			tee: form === "stream" && readersOf(number).length > 1,
			// What gives a stream has ended, for a retry, when it is there; what reads one cannot read it again.
			maxAttempts: form === "stream" || isReader ? 1 : stage.maxAttempts,
		};
	});
}

const retrying = (maxAttempts: number): Middleware => {
	return (next) => {
		const attempt = attempts(next);
		return async (call) => {
			for (let number = 1; ; number++) {
				try {
					return await attempt(number === 1 ? call : { ...call, attempt: number });
				} catch (error) {
					if (number >= maxAttempts || call.signal?.aborted) throw error;
				}
			}
		};
	};
};

/** Runs a case on a clock of its own; the record it keeps owes nothing to the runner. */
export async function runCase(spec: PipelineSpec): Promise<Observed> {
	const clock = manualClock();
	const entries: Entry[] = [];
	const tracerProvider = recordingTracerProvider();
	const meters = recordingMeterProvider();
	const runnersClock = countingClock(clock);
	const light = footlight("random", {
		clock: runnersClock,
		...(spec.isHeard && { tracerProvider, meterProvider: meters.provider }),
	});
	const write = (entry: Omit<Entry, "atMs">) => void entries.push({ ...entry, atMs: clock.now() });
	const pipeline = build(spec, clock, write, light);
	const abort = new AbortController();
	const listeners = countListeners(abort.signal);
	const startedAtMs = clock.now();
	if (spec.abortAtMs === 0) abort.abort();
	else if (spec.abortAtMs !== undefined) void clock.sleep(spec.abortAtMs).then(() => abort.abort());

	let result: Observed["result"];
	let endedAtMs = 0;
	let entriesAtEnd = 0;
	let timers = 0;
	const running = pipeline.run(startedAtMs, { signal: abort.signal }).then((given: NonNullable<typeof result>) => {
		result = given;
		endedAtMs = clock.now();
		entriesAtEnd = entries.length;
		timers = runnersClock.sleeping;
	});
	await clock.advance(1_000_000);
	if (result !== undefined) await running;
	return {
		...{ spec, entries, entriesAtEnd, result, startedAtMs, endedAtMs, timers },
		spans: tracerProvider.spans,
		openSpans: tracerProvider.openSpans,
		metrics: spec.isHeard ? meters.read() : undefined,
		listeners: listeners(),
	};
}

function countingClock(clock: Clock): Clock & { readonly sleeping: number } {
	let sleeping = 0;
	return {
		now: () => clock.now(),
		monotonicMs: () => clock.monotonicMs(),
		get sleeping() {
			return sleeping;
		},
		sleep(durationMs, signal) {
			let isOver = false;
			const over = () => {
				if (!isOver) sleeping--;
				isOver = true;
			};
			sleeping++;
			signal?.addEventListener("abort", over, { once: true });
			return clock.sleep(durationMs, signal).then(over);
		},
	};
}

function countListeners(signal: AbortSignal): () => number {
	const listening = new Set<unknown>();
	const { addEventListener, removeEventListener } = signal;
	signal.addEventListener = (...given: unknown[]) => {
		listening.add(given[1]);
		Reflect.apply(addEventListener, signal, given);
	};
	signal.removeEventListener = (...given: unknown[]) => {
		listening.delete(given[1]);
		Reflect.apply(removeEventListener, signal, given);
	};
	return () => (signal.aborted ? 0 : listening.size);
}

type Write = (entry: Omit<Entry, "atMs">) => void;
type Ctx = Current & { readonly index: number | undefined };
// biome-ignore lint/suspicious/noExplicitAny: of a random pipeline no types are known
type Untyped = any;

function build(spec: PipelineSpec, clock: ManualClock, write: Write, light: ReturnType<typeof footlight>): Untyped {
	const { mode, concurrency, timeoutMs, cancelGraceMs } = spec;
	let pipeline: Untyped = light.pipeline({
		...{ mode, cancelGraceMs },
		...(concurrency !== undefined && { concurrency }),
		...(timeoutMs !== undefined && { timeoutMs }),
	});
	for (const [number, stage] of spec.stages.entries()) {
		const after = stage.after.map((dependency) => (spec.stages[dependency] as StageSpec).name);
		const run = functionOf(spec, number, clock, write, () => light.current());
		const options = {
			...(stage.maxAttempts > 1 && { use: [retrying(stage.maxAttempts)] }),
			...(stage.when !== "always" && { when: conditionOf(stage) }),
			...(stage.tee && { tee: true }),
			...(stage.form === "map" && stage.itemConcurrency !== undefined && { concurrency: stage.itemConcurrency }),
		};
		const items = () => Array.from({ length: stage.itemCount }, (_, index) => index);
		const rest = stage.form === "map" ? [items, run, options] : [run, options];
		const add = stage.form === "map" ? pipeline.map : pipeline.stage;
		pipeline = Reflect.apply(add, pipeline, [stage.name, ...(after.length === 0 ? [] : [after]), ...rest]);
	}
	return pipeline;
}

function conditionOf({ when, name }: StageSpec): () => boolean {
	return () => {
		if (when === "throws") throw new Error(`${name} cannot say`);
		return when === "true";
	};
}

/** The function of a stage: keeps the record, reads what streams it is given, waits, spends, fails or gives a value. */
function functionOf(
	spec: PipelineSpec,
	number: number,
	clock: Clock,
	write: Write,
	current: () => Current,
): (inputs: unknown, ctx: Ctx) => unknown {
	const stage = spec.stages[number] as StageSpec;
	const tries = new Map<number, number>();
	const streams = stage.after.filter((dependency) => spec.stages[dependency]?.form === "stream");

	function begin(inputs: unknown, ctx: Ctx) {
		const index = ctx.index ?? 0;
		const attempt = (tries.get(index) ?? 0) + 1;
		tries.set(index, attempt);
		const at = { stage: number, index, attempt };
		write({ ...at, what: "start", value: inputs, current: current() === ctx });
		return at;
	}

	function end(at: ReturnType<typeof begin>, ctx: Ctx): string {
		if (stage.costUsd > 0) ctx.addCost(stage.costUsd);
		if (at.attempt > stage.faults || stage.form === "stream") {
			const value = `${stage.name}:${at.index}:${at.attempt}`;
			write({ ...at, what: "return", value });
			return value;
		}
		throw failure(at);
	}

	function failure(at: ReturnType<typeof begin>, what: "throw" | "stream fail" = "throw"): unknown {
		const text = `${stage.name}:${at.index}:${at.attempt} failed`;
		const error = stage.throwsText ? text : new Error(text);
		write({ ...at, what, value: error });
		return error;
	}

	async function pause(ctx: Ctx): Promise<void> {
		// Items of one list take different times, or their results would always come in order.
		const delayMs = stage.delayMs * (1 + (((ctx.index ?? 0) * 7 + 2) % 3));
		if (delayMs > 0) await clock.sleep(delayMs, stage.heedsSignal ? ctx.signal : undefined);
	}

	async function wait(inputs: unknown, ctx: Ctx, at: ReturnType<typeof begin>): Promise<void> {
		try {
			for (const dependency of streams) {
				const stream = (inputs as Record<string, AsyncIterable<unknown> | undefined>)[`s${dependency}`];
				let left = stage.reads;
				if (stream !== undefined && left > 0) for await (const _ of stream) if (--left === 0) break;
			}
			await pause(ctx);
		} catch (error) {
			write({ ...at, what: "throw", value: error });
			throw error;
		}
	}

	async function* items(ctx: Ctx, at: ReturnType<typeof begin>): AsyncGenerator<string> {
		let hasEnded = false;
		try {
			for (let item = 0; item < stage.itemCount; item++) {
				await pause(ctx);
				if (item + 1 === stage.faults) {
					hasEnded = true;
					throw failure(at, "stream fail");
				}
				write({ ...at, what: "stream item", value: `${stage.name}#${item}` });
				yield `${stage.name}#${item}`;
			}
			hasEnded = true;
			write({ ...at, what: "stream end" });
		} catch (error) {
			if (!hasEnded) write({ ...at, what: "stream fail", value: error });
			hasEnded = true;
			throw error;
		} finally {
			if (!hasEnded) write({ ...at, what: "stream cancel" });
		}
	}

	switch (stage.form) {
		case "sync":
			return (inputs, ctx) => end(begin(inputs, ctx), ctx);
		case "stream":
			return (inputs, ctx) => {
				const at = begin(inputs, ctx);
				end(at, ctx);
				return items(ctx, at);
			};
		default:
			return async (inputs, ctx) => {
				const at = begin(inputs, ctx);
				// The items of a map are not what the stage depends on.
				await wait(stage.form === "map" ? {} : inputs, ctx, at);
				return end(at, ctx);
			};
	}
}
