import type { Context } from "@opentelemetry/api";
import type { Call } from "../call.ts";
import { type Alarm, setAlarm } from "../clock.ts";
import { activeContext, withContext } from "../context.ts";
import { emitEvent } from "../emit.ts";
import { CancelledError } from "../error.ts";
import type { Handler } from "../middleware.ts";
import { primed } from "../stream/prime.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";
import { begins, ends, type Unfinished } from "../unfinished.ts";
import type { HedgeMeter, HedgeResult } from "./hedge-meter.ts";
import { ParallelAttempt } from "./parallel-attempt.ts";

/** One call through a hedge: its attempts race, and the first that answers ends the race. */
export class HedgedCall implements Unfinished {
	outer: Unfinished | undefined;
	readonly #call: Call;
	readonly #next: Handler;
	readonly #delayMs: number;
	readonly #maxAttempts: number;
	readonly #meter: () => HedgeMeter | undefined;
	readonly #context: Context;
	readonly #attempts: ParallelAttempt[] = [];
	#alarm: Alarm | undefined;
	/** Aborts once nobody waits for an answer any more. */
	readonly #signal: AbortSignal | undefined;
	#isOver = false;
	#isAccountedFor = false;
	#winner: ParallelAttempt | undefined;
	#reason: CancelledError | undefined;
	#resolve: (value: unknown) => void = () => {};
	#reject: (error: unknown) => void = () => {};

	constructor(call: Call, next: Handler, delayMs: number, maxAttempts: number, meter: () => HedgeMeter | undefined) {
		this.#call = call;
		this.#next = next;
		this.#delayMs = delayMs;
		this.#maxAttempts = maxAttempts;
		this.#meter = meter;
		this.#context = activeContext();
		this.#signal = call.signal;
		this.#signal?.addEventListener("abort", this.#disarm, { once: true });
	}

	run(): Promise<unknown> {
		return new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
			begins(this.#call.scope, this);
			this.#begin();
		});
	}

	#begin(): void {
		const attempt = new ParallelAttempt(this.#call, this.#attempts.length + 1, this.#context);
		this.#attempts.push(attempt);
		this.#answerOf(attempt).then(
			(value) => this.#answered(attempt, value),
			(error) => this.#failed(attempt, error),
		);
		if (this.#attempts.length < this.#maxAttempts && !this.#isOver) this.#arm();
	}

	/** Of a stream, once its first item is there. */
	async #answerOf(attempt: ParallelAttempt): Promise<unknown> {
		return primed(await attempt.begin(this.#next));
	}

	#arm(): void {
		if (this.#signal?.aborted) return;
		this.#alarm = setAlarm(this.#call.clock, this.#delayMs, () => {
			this.#alarm = undefined;
			if (!this.#isLate) withContext(this.#context, () => this.#hedge(), undefined);
		});
	}

	/** What is still to come would be a timer that keeps the process alive, and a call for nobody. */
	readonly #disarm = (): void => {
		this.#alarm?.cancel();
		this.#alarm = undefined;
	};

	/** True at the call's deadline: whoever keeps that may hear of the time a little later than this. */
	get #isLate(): boolean {
		const { deadlineMs, clock } = this.#call;
		return deadlineMs !== undefined && readMonotonic(clock) >= deadlineMs;
	}

	#hedge(): void {
		const already = this.#attempts.length;
		emitEvent(this.#call, "hedge.started", {
			"retry.attempt": this.#call.attempt + already,
			"hedge.delay_ms": this.#delayMs * already,
		});
		this.#begin();
	}

	get #isHedged(): boolean {
		return this.#attempts.length > 1;
	}

	#answered(attempt: ParallelAttempt, value: unknown): void {
		attempt.isSettled = true;
		if (this.#isOver) {
			attempt.late(value, this.#reason);
			return;
		}
		this.#winner = attempt;
		const isHedged = this.#isHedged;
		this.#end(!isHedged ? "not_needed" : attempt.position === 1 ? "first_won" : "hedge_won");
		const outward = attempt.won(value, isHedged);
		if (isHedged) this.#giveUpOthers();
		this.#resolve(outward);
	}

	#failed(attempt: ParallelAttempt, error: unknown): void {
		attempt.isSettled = true;
		if (this.#isOver) {
			attempt.late(undefined, this.#reason);
			return;
		}
		attempt.failed(error, this.#isHedged);
		if (this.#attempts.some(({ isSettled }) => !isSettled)) return;
		this.#end(this.#isHedged ? "failed" : "not_needed");
		this.#reject(error);
	}

	#giveUpOthers(): void {
		for (const attempt of this.#attempts) {
			if (attempt.isSettled) continue;
			this.#reason ??= new CancelledError(this.#call.name);
			attempt.giveUp(this.#reason);
		}
	}

	/** Whoever waits for the call has been told; the attempts go on as they would, and their answer reaches nobody. */
	giveUp(error: unknown): void {
		this.#disarm();
		for (const attempt of this.#attempts) if (!attempt.isSettled) attempt.failed(error, this.#isHedged);
		this.#account(this.#isHedged ? "failed" : "not_needed");
	}

	#end(result: HedgeResult): void {
		this.#isOver = true;
		this.#disarm();
		this.#signal?.removeEventListener("abort", this.#disarm);
		this.#account(result);
	}

	#account(result: HedgeResult): void {
		if (this.#isAccountedFor) return;
		this.#isAccountedFor = true;
		const { scope } = this.#call;
		ends(scope, this);
		this.#meter()?.ended(result);
		if (!this.#isHedged || scope.span === undefined) return;
		scope.setAttributes({
			"hedge.attempt_count": this.#attempts.length,
			...(this.#winner !== undefined && { "hedge.winner": this.#winner.position }),
		});
	}
}
