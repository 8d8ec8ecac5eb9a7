import { holdTo } from "../call-copy.ts";
import type { Clock } from "../clock.ts";
import { withContext } from "../context.ts";
import { CancelledError, TimeoutError } from "../error.ts";
import { ownsError } from "../error-owner.ts";
import { Scope } from "../scope.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";
import { hear } from "../timing/hearing.ts";
import type { Execution } from "./execution.ts";

/** What ends a run before all its stages are done: its time is over, somebody aborts it, a stage fails. */
export class RunEnd {
	/** True once nothing more is started: the run ends early. */
	hasStopped = false;
	/** What the calls that still go on are then given up with. */
	reason: unknown;
	/** What the run fails with. */
	failure: { readonly error: unknown } | undefined;
	deadlineMs: number = Infinity;
	readonly #run: Execution;
	readonly #clock: Clock;
	readonly #timeoutMs: number | undefined;
	#controller: AbortController | undefined;
	#timers: AbortController | undefined;

	constructor(run: Execution, clock: Clock, timeoutMs: number | undefined) {
		this.#run = run;
		this.#clock = clock;
		this.#timeoutMs = timeoutMs;
	}

	/** Aborts when the run ends early; made when somebody asks for it. */
	get signal(): AbortSignal {
		if (this.#controller === undefined) {
			this.#controller = new AbortController();
			if (this.hasStopped) this.#controller.abort(this.reason);
		}
		return this.#controller.signal;
	}

	/** The run begins: from now on its time counts, and it hears of the call it stands in. */
	begin(): void {
		const { scope, nowMs } = this.#run;
		if (this.#timeoutMs !== undefined) {
			this.deadlineMs = nowMs + this.#timeoutMs;
			holdTo(scope, readMonotonic(this.#clock) + this.#timeoutMs);
			if (scope.run !== undefined) scope.run.checkTime = () => this.#run.checkTime();
		}
		const { signal } = scope.call;
		hear(signal);
		if (signal?.aborted) this.#aborted();
		else signal?.addEventListener("abort", this.#aborted, { once: true });
	}

	/** Ends a run that is not done in the turn it began in when its time is over. */
	wait(): void {
		if (this.#timeoutMs === undefined || this.hasStopped) return;
		this.#after(Math.max(0, this.deadlineMs - this.#run.nowMs), () => this.expire());
	}

	expire(): void {
		if (this.hasStopped || this.#run.isFinished) return;
		this.#byForce(new TimeoutError(this.#run.name, this.#timeoutMs as number));
	}

	/** Ends the run early: nothing more is started, and what goes on is told. */
	stop(error: unknown, reason?: unknown): void {
		const run = this.#run;
		if (this.hasStopped || run.isFinished) return;
		this.hasStopped = true;
		this.failure = { error };
		this.reason = reason ?? new CancelledError(run.name, { cause: error });
		this.#timers?.abort();
		this.#timers = undefined;
		run.closeSources(this.reason);
		const controller = this.#controller;
		// What listens is not to find the stage that happens to have been called last.
		if (controller !== undefined) withContext(run.context, (why) => controller.abort(why), this.reason);
		if (run.cancelReaders(this.reason)) this.#after(run.cancelGraceMs, () => run.giveUp());
	}

	/** The run is over: nothing is to be heard of any more. */
	finish(): void {
		const { scope } = this.#run;
		this.#timers?.abort();
		scope.call.signal?.removeEventListener("abort", this.#aborted);
		if (this.failure === undefined) return;
		const { error } = this.failure;
		// A primitive has no identity by which the run could know it for one of a stage.
		if (typeof error !== "object" || error === null) ownsError(error, new Scope(scope, scope.run));
	}

	readonly #aborted = (): void => this.#byForce(this.#run.scope.call.signal?.reason);

	/** What ends the run from outside is recorded on the run, however many stages fail with it. */
	#byForce(error: unknown): void {
		if (typeof error === "object" && error !== null) ownsError(error, this.#run.scope);
		this.stop(error, error);
		this.#run.advance();
	}

	#after(durationMs: number, step: () => void): void {
		this.#timers ??= new AbortController();
		const { signal } = this.#timers;
		const due = () => {
			if (!signal.aborted) step();
		};
		try {
			this.#clock.sleep(durationMs, signal).then(due, () => {});
		} catch (error) {
			telemetryFailed("clock", error);
		}
	}
}
