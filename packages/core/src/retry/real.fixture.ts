import { setImmediate as nextTurn } from "node:timers/promises";
import { type RecordedMetrics, recordMetrics } from "../../../../test/recorded-metrics.ts";
import { classify, footlight, type Middleware, retry, retryBudget } from "../index.ts";
import {
	type ManualClock,
	manualClock,
	type RecordingSink,
	type RecordingTracerProvider,
	recordingSink,
	recordingTracerProvider,
} from "../testing/index.ts";
import { budgetTtlMs, type Case, chance, type Ending, epochMs, exact, maxRetryAfterMs } from "./model.fixture.ts";

export interface RealCall {
	readonly aborting: AbortController;
	readonly deadlineInMs: number | undefined;
	state: "pending" | "value" | "error";
	error?: unknown;
	/** What the error meant when it came: the signal may be aborted later. */
	outcome?: string;
	/** Ends the attempt that runs. */
	end: (ending: Ending) => void;
}

export const brokenOff = new Error("broken off");

let histories = 0;

/** Two stages with one retry layer, whose calls are ended from outside. */
export class Real {
	readonly clock: ManualClock = manualClock(epochMs);
	readonly sink: RecordingSink = recordingSink();
	readonly metrics: RecordedMetrics = recordMetrics();
	readonly tracerProvider: RecordingTracerProvider = recordingTracerProvider();
	readonly calls: RealCall[] = [];
	readonly begun: (readonly [call: number, attempt: number, atMs: number])[] = [];
	readonly #light;
	readonly #ask;
	readonly #stream;

	constructor({ maxElapsedMs, budget, retriesAll, ...options }: Case) {
		const { clock, calls, begun } = this;
		this.#light = footlight("docs-qa", {
			clock,
			sinks: [this.sink],
			meterProvider: this.metrics.meterProvider,
			tracerProvider: this.tracerProvider,
		});
		const within: Middleware = (next) => (call) => {
			const { deadlineInMs } = calls[call.input[0] as number] as RealCall;
			return next(deadlineInMs === undefined ? call : { ...call, deadlineMs: clock.monotonicMs() + deadlineInMs });
		};
		const watching: Middleware = (next) => (call) => {
			begun.push([call.input[0] as number, call.attempt, exact(clock.now() - epochMs)]);
			return next(call);
		};
		const layer = retry({
			...options,
			maxRetryAfterMs,
			random: () => chance,
			...(retriesAll && { retryIf: () => true }),
			...(maxElapsedMs !== undefined && { maxElapsedMs }),
			...(budget && { budget: retryBudget({ name: `history-${histories++}`, ttlMs: budgetTtlMs, ...budget }) }),
		});
		const use = [within, layer, watching];
		const ending = (id: number) =>
			new Promise<Ending>((resolve) => {
				(calls[id] as RealCall).end = resolve;
			});
		const settled = async (id: number) => {
			const ended = await ending(id);
			if (ended.kind === "fails") throw ended.error;
			return ended;
		};
		this.#ask = this.#light.stage("ask", settled, { use });
		this.#stream = this.#light.stage(
			"stream",
			async function* (id: number) {
				const { kind } = await settled(id);
				yield "item";
				if (kind === "ok_then_breaks") throw brokenOff;
			},
			{ use },
		);
	}

	async call(deadlineInMs: number | undefined, isStream: boolean): Promise<void> {
		const call: RealCall = { aborting: new AbortController(), deadlineInMs, state: "pending", end: () => {} };
		const id = this.calls.push(call) - 1;
		const read = async () => {
			for await (const _ of this.#stream(id));
		};
		const made = this.#light.run({ runId: `call-${id}`, signal: call.aborting.signal }, async () =>
			isStream ? read() : this.#ask(id),
		);
		made.then(
			() => {
				call.state = "value";
			},
			(error: unknown) => {
				call.state = "error";
				call.error = error;
				call.outcome = classify(error, call.aborting.signal);
			},
		);
		await nextTurn();
	}

	async end(id: number, ending: Ending): Promise<void> {
		(this.calls[id] as RealCall).end(ending);
		await nextTurn();
	}

	async abort(id: number, reason: unknown): Promise<void> {
		this.calls[id]?.aborting.abort(reason);
		await nextTurn();
	}

	async advance(ms: number): Promise<void> {
		await this.clock.advance(ms);
		await nextTurn();
	}
}
