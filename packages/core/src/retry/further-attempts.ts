import type { Call } from "../call.ts";
import { wallTimeAt } from "../clock.ts";
import { deliver } from "../deliver.ts";
import { emitEvent } from "../emit.ts";
import type { Handler } from "../middleware.ts";
import { errorType } from "../outcome.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { readMonotonic } from "../timing/alarm-queue.ts";
import { untilAborted } from "../until-aborted.ts";
import type { CountedCall } from "./counted-call.ts";
import { type Delay, delayAfter, isRetryable } from "./decision.ts";
import { answered } from "./first-item.ts";
import { type FailedAttempt, keepHistory } from "./history.ts";
import type { RetryMeter } from "./meter.ts";
import type { RetrySettings } from "./settings.ts";
import type { StopReason } from "./words.ts";

/** A call whose first attempt has failed: everything that a call which succeeds at once need not have. */
export class FurtherAttempts {
	readonly #settings: RetrySettings;
	readonly #call: Call;
	readonly #next: Handler;
	readonly #meter: RetryMeter | undefined;
	readonly #counted: CountedCall | undefined;
	readonly #firstMs: number | undefined;
	readonly #failed: FailedAttempt[] = [];
	#attempt = 1;
	#startedMs: number | undefined;
	#startedAtMs: number | undefined;
	#backoffMs = 0;

	/** @param firstMs - when the first attempt began, by the monotonic clock; `firstAtMs` by the wall's */
	constructor(
		settings: RetrySettings,
		call: Call,
		next: Handler,
		meter: RetryMeter | undefined,
		counted: CountedCall | undefined,
		firstMs: number | undefined,
		firstAtMs: number | undefined,
	) {
		this.#settings = settings;
		this.#call = call;
		this.#next = next;
		this.#meter = meter;
		this.#counted = counted;
		this.#firstMs = firstMs;
		this.#startedMs = firstMs;
		this.#startedAtMs = firstAtMs;
	}

	/** Tries until an attempt succeeds or there may be no further one. */
	async after(first: unknown): Promise<unknown> {
		for (let error = first; ; ) {
			await this.#another(error);
			try {
				const result = await answered(this.#next({ ...this.#call, attempt: this.#attempt }));
				this.#counted?.ended("success");
				return result;
			} catch (failure) {
				error = failure;
			}
		}
	}

	/** Waits until a further attempt may begin, or throws what the call fails with. */
	async #another(error: unknown): Promise<void> {
		const { clock } = this.#call;
		const endedMs = readMonotonic(clock);
		const decision = this.#decide(error, endedMs);
		const next = decision instanceof Promise ? await decision : decision;
		const delayMs = typeof next === "string" ? undefined : next.delayMs;
		this.#failed.push({
			attempt: this.#attempt,
			error,
			startedAtMs: this.#startedAtMs,
			durationMs: this.#startedMs === undefined ? undefined : Math.max(0, endedMs - this.#startedMs),
			delayMs,
		});
		if (typeof next === "string") {
			const wasWaiting = decision instanceof Promise && next === "aborted";
			return this.#giveUp(wasWaiting ? this.#call.signal?.reason : error, next);
		}
		this.#schedule(error, next);
		await this.#wait(next.delayMs);
		const { signal } = this.#call;
		if (signal?.aborted) return this.#giveUp(signal.reason, "aborted");
		// A machine that slept wakes up late.
		const nowMs = readMonotonic(clock);
		this.#startedMs = nowMs;
		this.#startedAtMs = wallTimeAt(clock, nowMs);
		const late = this.#outOfTime(nowMs);
		if (late !== undefined) return this.#giveUp(error, late);
		this.#attempt++;
		if (this.#counted !== undefined) this.#counted.attempts = this.#attempt;
		this.#meter?.retried(error);
	}

	#decide(error: unknown, nowMs: number): Delay | StopReason | Promise<Delay | StopReason> {
		if (this.#call.signal?.aborted) return "aborted";
		const may = isRetryable(this.#settings, error, this.#attempt, this.#call);
		if (typeof may === "boolean") return may ? this.#plan(error, nowMs) : "non_retryable";
		return this.#decideLater(error, may);
	}

	async #decideLater(error: unknown, may: Promise<boolean>): Promise<Delay | StopReason> {
		const { signal, clock } = this.#call;
		let answer = false;
		try {
			answer = await untilAborted(may, signal);
		} catch {
			// Only an abort ends the wait so.
		}
		if (signal?.aborted) return "aborted";
		return answer ? this.#plan(error, readMonotonic(clock)) : "non_retryable";
	}

	#plan(error: unknown, nowMs: number): Delay | StopReason {
		const { maxAttempts, budget } = this.#settings;
		if (this.#attempt >= maxAttempts) return "max_attempts";
		const delay = delayAfter(this.#settings, error, this.#attempt, this.#backoffMs, this.#call.clock);
		if (typeof delay === "string") return delay;
		const late = this.#outOfTime(nowMs + delay.delayMs);
		if (late !== undefined) return late;
		return budget === undefined || budget.take(this.#call.clock) ? delay : "budget_exhausted";
	}

	/** Why no attempt may begin at a time. */
	#outOfTime(atMs: number): StopReason | undefined {
		const { deadlineMs } = this.#call;
		if (deadlineMs !== undefined && atMs >= deadlineMs) return "deadline";
		const elapsedMs = atMs - (this.#firstMs ?? atMs);
		return elapsedMs > this.#settings.maxElapsedMs ? "max_duration" : undefined;
	}

	#schedule(error: unknown, { delayMs, source, backoffMs }: Delay): void {
		const { onRetry, maxAttempts } = this.#settings;
		const call = this.#call;
		const attempt = this.#attempt;
		this.#backoffMs = backoffMs;
		emitEvent(call, "retry.scheduled", {
			"retry.attempt": attempt,
			"retry.max_attempts": maxAttempts,
			"retry.delay_ms": delayMs,
			"retry.delay_source": source,
			"error.type": errorType(error),
		});
		this.#meter?.scheduled(delayMs, source);
		if (onRetry === undefined) return;
		deliver("onRetry", onRetry, () => onRetry({ attempt, call, error, delayMs, delaySource: source }));
	}

	async #wait(delayMs: number): Promise<void> {
		const { clock, signal } = this.#call;
		if (!(delayMs > 0)) return;
		try {
			await clock.sleep(delayMs, signal);
		} catch (failure) {
			if (!signal?.aborted) telemetryFailed("clock", failure);
		}
	}

	#giveUp(error: unknown, reason: StopReason): never {
		this.#counted?.ended(reason);
		// A call that would not have been tried again anyway has only failed.
		const wasTriedAgain = this.#attempt > 1;
		const couldBe = reason !== "non_retryable" && reason !== "aborted" && this.#settings.maxAttempts > 1;
		if (reason !== "aborted" && (wasTriedAgain || couldBe)) {
			emitEvent(this.#call, "retry.exhausted", {
				"retry.attempt": this.#attempt,
				"retry.max_attempts": this.#settings.maxAttempts,
				"retry.stop_reason": reason,
				"error.type": errorType(error),
			});
		}
		keepHistory(error, Object.freeze(this.#failed));
		throw error;
	}
}
