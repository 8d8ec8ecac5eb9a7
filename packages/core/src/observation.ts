import type { Context } from "@opentelemetry/api";
import { type Call, scopeOfCall } from "./call.ts";
import { withContext } from "./context.ts";
import { ownsError } from "./error-owner.ts";
import { classify, type Outcome } from "./outcome.ts";
import type { Scope } from "./scope.ts";
import type { ResultWatcher } from "./stream/watcher.ts";
import { telemetryFailed } from "./telemetry-failure.ts";

/** What one way of observing (spans, log lines ...) does at the begin and the end of a call. */
export interface Observer {
	/** Begins, in the context of the caller. */
	begin?(observation: Observation): void;
	/** Sees a value on its way: the result, an item of a stream, what a promise of a stream gave. */
	value?(observation: Observation, value: unknown): void;
	/** The call has ended; everything on the observation is final. */
	end(observation: Observation): void;
}

/** Calls whose stream or lazy result is still open, anywhere in the process; swept at shutdown. */
const open = new Set<Observation>();

/** One call as seen by one observing layer: from its start to the end of its result, streams included. */
export class Observation implements ResultWatcher {
	readonly call: Call;
	readonly scope: Scope;
	readonly startMs: number;
	context: Context;
	endMs = 0;
	outcome: Outcome = "ok";
	error: unknown;
	/** The result, or what a stream's promise gave. */
	result: unknown;
	/** Items handed to the consumer; undefined for what is no stream. */
	itemCount: number | undefined;
	firstItemMs = 0;
	abandoned = false;
	ended = false;
	/** True where the error surfaced: it is recorded there, and on nothing further out. */
	ownsError = false;
	readonly #sweepsRun: boolean;
	readonly #observers: readonly Observer[];
	#pieces = 0;
	#anyReadToEnd = false;
	#lastActivityMs = 0;

	constructor(call: Call, context: Context, observers: readonly Observer[], sweepsRun: boolean = call.kind === "run") {
		this.call = call;
		this.scope = call[scopeOfCall];
		this.context = context;
		this.startMs = call.clock.now();
		this.#observers = observers;
		this.#sweepsRun = sweepsRun;
	}

	begin(): void {
		for (const observer of this.#observers) {
			try {
				observer.begin?.(this);
			} catch (error) {
				telemetryFailed("observer", error);
			}
		}
	}

	run<A, R>(step: (argument: A) => R, argument: A): R {
		return withContext(this.context, step, argument);
	}

	opened(): void {
		if (this.ended) return;
		this.#lastActivityMs = this.call.clock.now();
		if (++this.#pieces > 1) return;
		open.add(this);
		this.scope.run?.open.add(this);
	}

	released(value?: unknown): void {
		if (this.ended) return;
		this.#see(value);
		if (--this.#pieces <= 0) this.#end("ok");
	}

	settled(value?: unknown): void {
		if (this.ended) return;
		if (value !== undefined) this.#see(value);
		this.#anyReadToEnd = true;
		if (--this.#pieces <= 0) this.#end("ok");
	}

	cancelled(): void {
		if (this.ended || --this.#pieces > 0) return;
		// Of two branches, one that was read to its end has had the whole stream.
		this.#end(this.#anyReadToEnd ? "ok" : "cancelled");
	}

	failed(error: unknown): void {
		if (this.ended) return;
		this.error = error;
		this.#end(classify(error, this.scope.call.signal));
	}

	/** Ends a call whose stream nobody reads any more, at its last activity. */
	abandon(): void {
		if (this.ended) return;
		this.abandoned = true;
		this.endMs = this.#lastActivityMs;
		this.#end("cancelled");
	}

	countItems(): void {
		this.itemCount ??= 0;
	}

	item(item: unknown): void {
		if (this.ended) return;
		this.#lastActivityMs = this.call.clock.now();
		if (!this.itemCount) this.firstItemMs = this.#lastActivityMs;
		this.itemCount = (this.itemCount ?? 0) + 1;
		this.#tell(item);
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
		open.delete(this);
		const { run, outcome: reported, outcomeError } = this.scope;
		if (run !== undefined) {
			run.open.delete(this);
			if (this.#sweepsRun) for (const observation of [...run.open]) observation.abandon();
		}
		this.outcome = outcome === "ok" && reported !== undefined ? reported : outcome;
		this.error ??= outcomeError;
		if (this.outcome !== "ok") this.ownsError = this.error !== undefined && ownsError(this.error, this.scope);
		if (this.endMs === 0) this.endMs = this.call.clock.now();
		for (const observer of this.#observers) {
			try {
				observer.end(this);
			} catch (error) {
				telemetryFailed("observer", error);
			}
		}
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
