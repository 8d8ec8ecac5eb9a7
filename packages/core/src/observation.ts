// Over 250 lines: what may happen to a call from its begin to the end of its result, in one place.
import type { Context, Span } from "@opentelemetry/api";
import type { Call } from "./call.ts";
import { readNow } from "./clock.ts";
import { activeContext, scopeOf, withContext } from "./context.ts";
import { waste } from "./cost/charge.ts";
import type { Reading } from "./cost/reading.ts";
import { ownsError } from "./error-owner.ts";
import type { Series } from "./observer/series.ts";
import { classify, isFailure, type Outcome } from "./outcome.ts";
import type { Run, Scope } from "./scope.ts";
import { finalized } from "./stream/finalization.ts";
import type { ResultWatcher } from "./stream/watcher.ts";
import type { GenAiCall } from "./telemetry/gen-ai.ts";
import { telemetryFailed } from "./telemetry-failure.ts";
import { giveUpInside, type Unfinished } from "./unfinished.ts";

/** What one way of observing (spans, log lines ...) does at the begin and the end of a call. */
export interface Observer {
	/** Begins, in the context of the caller. False when the end of this call is of no interest: it is not sampled. */
	begin(observation: Observation): boolean;
	/** Sees a value on its way: the result, an item of a stream, what a promise of a stream gave. */
	value?(observation: Observation, value: unknown): void;
	/** The call has ended; everything on the observation is final. */
	end(observation: Observation): void;
}

/** Calls whose stream or lazy result is still open, anywhere in the process; swept at shutdown. */
const open = new Set<Observation>();

/** How far the stream or lazy result of a call has come; a call with a plain result has none. */
class Progress {
	/** Pieces handed outward that have not ended yet. */
	pieces = 0;
	/** Items handed to the consumer; undefined for a lazy result that is no stream. */
	itemCount: number | undefined;
	firstItemMs = 0;
	lastActivityMs: number;
	/** How many things a consumer waits for at this moment. */
	awaited = 0;
	/** All that could be used to read on was collected. */
	unreachable = false;
	/** Tells whether a consumer is attached that asks for nothing: a listener. */
	inUse: (() => boolean) | undefined;
	abandoned = false;

	constructor(nowMs: number) {
		this.lastActivityMs = nowMs;
	}
}

/** One call as seen by one observing layer: from its start to the end of its result, streams included. */
export class Observation implements ResultWatcher {
	call: Call;
	readonly scope: Scope;
	context: Context;
	endMs = 0;
	outcome: Outcome = "ok";
	error: unknown;
	/** The result; of a stream there is none. */
	result: unknown;
	stream: Readonly<Progress> | undefined;
	ended = false;
	/** True when nobody wants to know how the call ends. */
	unwatched = true;
	/** True where the error surfaced: it is recorded there, and on nothing further out. */
	ownsError = false;
	/** The span recorded for the call, and what was asked of a model. */
	span: Span | undefined;
	modelCall: GenAiCall | undefined;
	/** What a meter collects of the answer. */
	reading: Reading | undefined;
	/** What the call is counted in. */
	series: Series | undefined;
	readonly #observers: readonly Observer[];
	/** Of several layers that observe one call, the outermost ends last. */
	readonly #isOutermost: boolean;
	/** What goes on around this layer. */
	readonly #around: Unfinished | undefined;
	#startMs = 0;

	constructor(call: Call, context: Context, observers: readonly Observer[]) {
		this.call = call;
		this.scope = call.scope;
		this.context = context;
		this.#observers = observers;
		this.#around = call.scope.unfinished;
		this.#isOutermost = !call.scope.open;
		call.scope.open = true;
		if (this.#isOutermost && call.scope.reporter !== undefined) {
			this.unwatched = false;
			call.scope.reporter.began(this);
		}
	}

	/** When the call started: read as soon as somebody begins to time it, so that an unsampled call reads no clock. */
	get startMs(): number {
		if (this.#startMs === 0) this.#startMs = readNow(this.call.clock);
		return this.#startMs;
	}

	get givesFreshPromises(): boolean {
		return this.call.definition.givesFreshPromises === true;
	}

	begin(): void {
		for (const observer of this.#observers) {
			try {
				if (observer.begin(this)) this.unwatched = false;
			} catch (error) {
				telemetryFailed("observer", error);
			}
		}
	}

	run<A, R>(step: (argument: A) => R, argument: A): R {
		return withContext(this.context, step, argument);
	}

	isActive(): boolean {
		let scope = scopeOf(activeContext());
		while (scope !== undefined && scope !== this.scope) scope = scope.parent;
		return scope !== undefined;
	}

	opened(inUse?: () => boolean): void {
		if (this.ended) return;
		const progress = this.#progress();
		progress.inUse ??= inUse;
		if (++progress.pieces > 1 || this.unwatched) return;
		open.add(this);
		this.#sweepingRun()?.open.add(this);
		this.#letGo();
	}

	released(value?: unknown): void {
		if (this.ended) return;
		if (value !== undefined) this.#see(value);
		if (--this.#progress().pieces <= 0) this.#end("ok");
	}

	settled(value?: unknown): void {
		if (this.ended) return;
		if (value !== undefined) this.#see(value);
		if (this.stream === undefined || --this.#progress().pieces <= 0) this.#end("ok");
	}

	cancelled(): void {
		if (this.ended) return;
		if (--this.#progress().pieces <= 0) this.#end("cancelled");
	}

	failed(error: unknown): void {
		if (this.ended) return;
		this.error = error;
		if (this.scope.unfinished !== this.#around) giveUpInside(this.scope, this.#around, error);
		this.#end(classify(error, this.scope.call.signal));
	}

	awaiting(): void {
		if (!this.ended) this.#progress().awaited++;
	}

	answered(): void {
		if (this.ended) return;
		const progress = this.#progress();
		progress.awaited--;
		if (progress.unreachable) this.sweep();
	}

	unreachable(): void {
		if (this.ended) return;
		this.#progress().unreachable = true;
		this.sweep();
	}

	/** Ends a call whose stream nobody reads any more; one that is waited for goes on. */
	sweep(): void {
		if (this.ended) return;
		const { awaited, inUse } = this.#progress();
		if (awaited <= 0 && inUse?.() !== true) this.abandon();
	}

	/** Ends a call whatever its stream does, at its last activity. */
	abandon(): void {
		if (this.ended) return;
		const progress = this.#progress();
		progress.abandoned = true;
		this.endMs = progress.lastActivityMs;
		this.#end("cancelled");
	}

	countItems(): void {
		this.#progress().itemCount ??= 0;
	}

	item(item: unknown): void {
		if (this.ended) return;
		const progress = this.#progress();
		progress.lastActivityMs = readNow(this.call.clock);
		if (!progress.itemCount) progress.firstItemMs = progress.lastActivityMs;
		progress.itemCount = (progress.itemCount ?? 0) + 1;
		this.#tell(item);
	}

	/**
	 * Forgets what the call was given: arguments and `this` may lead to a stream that is to be collected, and a timer set in
	 * the call goes on in its context long after its end.
	 */
	#letGo(): void {
		const { call, scope } = this;
		if (call.receiver === undefined && call.input.length === 0) return;
		this.call = { ...call, input: [], receiver: undefined };
		if (scope.call === call) scope.call = this.call;
	}

	/** The run whose end sweeps this call: its own; of a run within a run the outer one, unless it has a trace of its own. */
	#sweepingRun(): Run | undefined {
		const { run, parent, ownsRun } = this.scope;
		if (run === undefined || !ownsRun) return run;
		return run.startsTrace ? undefined : parent?.run;
	}

	#progress(): Progress {
		this.stream ??= new Progress(readNow(this.call.clock));
		return this.stream as Progress;
	}

	#see(value: unknown): void {
		this.result = value;
		this.#tell(value);
	}

	#tell(value: unknown): void {
		for (const observer of this.#observers) {
			if (observer.value === undefined) continue;
			try {
				observer.value(this, value);
			} catch (error) {
				telemetryFailed("observer", error);
			}
		}
	}

	#end(outcome: Outcome): void {
		this.ended = true;
		const { scope } = this;
		if (this.#isOutermost) {
			scope.open = false;
			this.#letGo();
		}
		if (this.unwatched) return;
		const { run } = scope;
		if (this.stream !== undefined) {
			open.delete(this);
			this.#sweepingRun()?.open.delete(this);
			finalized.release(this);
		}
		// Nothing that is open in a run can be read on through it.
		if (run !== undefined && scope.ownsRun) for (const observation of [...run.open]) observation.sweep();
		this.outcome = outcome === "ok" && scope.outcome !== undefined ? scope.outcome : outcome;
		if (this.outcome !== "ok") {
			if (outcome === "ok") this.error = scope.outcomeError;
			// `undefined` can be thrown, too.
			this.ownsError = (this.error !== undefined || isFailure(outcome)) && ownsError(this.error, scope);
		}
		if (this.#isOutermost && !scope.ownsRun && isFailure(this.outcome)) waste(scope);
		if (this.endMs === 0) this.endMs = readNow(this.call.clock);
		for (const observer of this.#observers) {
			try {
				observer.end(this);
			} catch (error) {
				telemetryFailed("observer", error);
			}
		}
		if (this.#isOutermost) scope.reporter?.ended(this);
	}
}

/**
 * Ends the spans of streams that were neither read to their end nor cancelled, each at its last activity, and returns
 * how many there were. For a shutdown: what has not ended by then would never be exported.
 */
export function endAbandonedStreams(): number {
	const observations = [...open];
	for (const observation of observations) observation.abandon();
	return observations.length;
}
