import type { BackoffKind, Jitter } from "./backoff.ts";

/** The options a history is made with. */
export interface Case {
	readonly maxAttempts: number;
	readonly backoff: BackoffKind;
	readonly jitter: Jitter;
	readonly initialDelayMs: number;
	readonly maxDelayMs: number;
	readonly maxElapsedMs: number | undefined;
	readonly retriesAll: boolean;
	readonly budget: { readonly ratio: number; readonly minRetriesPerSecond: number } | undefined;
}

export const maxRetryAfterMs = 100;
export const budgetTtlMs = 400;
/** All that chance ever gives. */
export const chance = 0.25;

/** `never`: whatever `retryIf` says. */
export type Verdict = "transient" | "final" | "never";

/** How an attempt ends; a stream that gave its first item may still break off. */
export type Ending =
	| { readonly kind: "ok" | "ok_then_breaks" }
	| { readonly kind: "fails"; readonly error: unknown; readonly is: Verdict; readonly askedMs?: number };

export interface ModelAttempt {
	readonly error: unknown;
	readonly startedAtMs: number;
	readonly durationMs: number;
	readonly delayMs: number | undefined;
}

export interface ModelCall {
	state: "running" | "waiting" | "value" | "error";
	readonly deadlineMs: number | undefined;
	readonly firstMs: number;
	readonly isStream: boolean;
	error?: unknown;
	attempt: number;
	startedAtMs: number;
	dueMs: number;
	turn: number;
	backoffMs: number;
	isAborted: boolean;
	result?: string;
	readonly failed: ModelAttempt[];
	/** Name and what is on it. */
	readonly events: unknown[];
}

/** What a retry layer does, in a few lines: one call after the other, in the order of time. */
export class Model {
	readonly given: Case;
	nowMs = 0;
	readonly calls: ModelCall[] = [];
	/** Call, attempt and time of each attempt that began. */
	readonly begun: (readonly [call: number, attempt: number, atMs: number])[] = [];
	readonly delays: Record<"backoff" | "retry_after", number[]> = { backoff: [], retry_after: [] };
	readonly #called: number[] = [];
	readonly #retried: number[] = [];
	#turns = 0;

	constructor(given: Case) {
		this.given = given;
	}

	call(deadlineInMs: number | undefined, isStream: boolean): void {
		this.#called.push(this.nowMs);
		this.calls.push({
			...{ state: "running", firstMs: this.nowMs, attempt: 1, startedAtMs: this.nowMs, isStream, isAborted: false },
			...{ dueMs: 0, turn: 0, backoffMs: 0, failed: [], events: [] },
			deadlineMs: deadlineInMs === undefined ? undefined : this.nowMs + deadlineInMs,
		});
		this.begun.push([this.calls.length - 1, 1, this.nowMs]);
	}

	end(id: number, ending: Ending, brokenOff: unknown): void {
		const call = this.calls[id] as ModelCall;
		if (ending.kind !== "fails") {
			const breaks = call.isStream && ending.kind === "ok_then_breaks";
			call.result = "success";
			call.state = breaks ? "error" : "value";
			if (breaks) call.error = brokenOff;
			return;
		}
		const plan = this.#plan(call, ending);
		call.failed.push({
			error: ending.error,
			startedAtMs: call.startedAtMs,
			durationMs: this.nowMs - call.startedAtMs,
			delayMs: typeof plan === "string" ? undefined : plan.delayMs,
		});
		if (typeof plan === "string") {
			this.#stop(call, plan, ending.error);
			return;
		}
		call.events.push(["retry.scheduled", call.attempt, plan.delayMs, plan.source]);
		this.delays[plan.source].push(plan.delayMs);
		call.backoffMs = plan.backoffMs;
		call.dueMs = exact(this.nowMs + plan.delayMs);
		call.turn = this.#turns++;
		call.state = "waiting";
		if (plan.delayMs === 0) this.#begin(id);
	}

	abort(id: number, reason: unknown): void {
		const call = this.calls[id] as ModelCall;
		call.isAborted = true;
		if (call.state === "waiting") this.#stop(call, "aborted", reason);
	}

	advance(ms: number): void {
		const untilMs = this.nowMs + ms;
		for (;;) {
			const due = this.calls.filter(({ state, dueMs }) => state === "waiting" && dueMs <= untilMs);
			const [next] = due.sort((one, other) => one.dueMs - other.dueMs || one.turn - other.turn);
			if (next === undefined) break;
			this.nowMs = next.dueMs;
			this.#begin(this.calls.indexOf(next));
		}
		this.nowMs = untilMs;
	}

	#begin(id: number): void {
		const call = this.calls[id] as ModelCall;
		call.state = "running";
		call.attempt++;
		call.startedAtMs = this.nowMs;
		this.begun.push([id, call.attempt, this.nowMs]);
	}

	#stop(call: ModelCall, reason: string, error: unknown): void {
		call.state = "error";
		call.result = reason;
		call.error = error;
		const isPlain = call.attempt === 1 && (reason === "non_retryable" || this.given.maxAttempts === 1);
		if (reason !== "aborted" && !isPlain) call.events.push(["retry.exhausted", call.attempt, reason]);
	}

	#plan(call: ModelCall, ending: Extract<Ending, { kind: "fails" }>) {
		const { maxAttempts, maxElapsedMs } = this.given;
		if (call.isAborted) return "aborted";
		if (ending.is === "never" || (ending.is === "final" && !this.given.retriesAll)) return "non_retryable";
		if (call.attempt >= maxAttempts) return "max_attempts";
		const { askedMs } = ending;
		if (askedMs !== undefined && askedMs > maxRetryAfterMs) return "retry_after";
		const backoffMs = this.#backoff(call);
		const spread = this.given.jitter === "none" ? 0 : 0.1 * chance;
		const delayMs = exact(askedMs === undefined ? backoffMs : askedMs * (1 + spread));
		const dueMs = exact(this.nowMs + delayMs);
		if (call.deadlineMs !== undefined && dueMs >= call.deadlineMs) return "deadline";
		if (maxElapsedMs !== undefined && dueMs - call.firstMs > maxElapsedMs) return "max_duration";
		if (!this.#mayRetry()) return "budget_exhausted";
		return { delayMs, backoffMs, source: askedMs === undefined ? ("backoff" as const) : ("retry_after" as const) };
	}

	#backoff({ attempt, backoffMs }: ModelCall): number {
		const { backoff, jitter, initialDelayMs, maxDelayMs } = this.given;
		if (jitter === "decorrelated") {
			const most = 3 * (backoffMs > initialDelayMs ? backoffMs : initialDelayMs);
			return Math.min(maxDelayMs, initialDelayMs + chance * (most - initialDelayMs));
		}
		let nominal = initialDelayMs;
		for (let retry = 1; retry < attempt; retry++) {
			if (backoff === "exponential") nominal += nominal;
			if (backoff === "linear") nominal += initialDelayMs;
		}
		const share = { none: 1, full: chance, equal: 0.5 + 0.5 * chance }[jitter];
		return Math.min(maxDelayMs, nominal) * share;
	}

	#mayRetry(): boolean {
		const { budget } = this.given;
		if (budget === undefined) return true;
		const step = (ms: number) => Math.floor((epochMs + ms) / (budgetTtlMs / 10));
		const remembered = (times: readonly number[]) => times.filter((ms) => step(ms) > step(this.nowMs) - 10).length;
		const allowed = (budget.minRetriesPerSecond * budgetTtlMs) / 1_000 + budget.ratio * remembered(this.#called);
		if (remembered(this.#retried) + 1 > allowed) return false;
		this.#retried.push(this.nowMs);
		return true;
	}
}

/** When the clock of a history begins. */
export const epochMs: number = Date.UTC(2026, 0, 1);

/** Times since 1970 have no finer fraction. */
export function exact(ms: number): number {
	return Math.round(ms * 4_096) / 4_096;
}
