import type { RateLimitResult } from "./rate-limit-result.ts";
import type { RateLimits } from "./rate-limits.ts";

/** What a limiter did, and should not have done. */
export class Violation extends Error {}

export function must(kept: boolean, what: string, ...shown: unknown[]): void {
	if (!kept) throw new Violation(`${what}: ${shown.map((value) => JSON.stringify(value)).join(", ")}`);
}

interface Window {
	readonly name: string;
	readonly limit: number;
	readonly windowMs: number;
	/** How much longer than its window a call may count. */
	readonly errorMs: number;
}

/** Limits, read by somebody who does not know how the limiter reads them. */
class Rules {
	readonly windows: readonly Window[];
	readonly size: number;
	readonly refillMs: number;

	constructor(limits: RateLimits) {
		const {
			requestsPerMinute = 60,
			requestsPerHour = 1_000,
			requestsPerDay = 10_000,
			burstSize = 10,
			windows,
			burst,
		} = limits;
		const isShort = windows === undefined && burst === undefined;
		const given = isShort
			? [
					{ name: "minute", limit: requestsPerMinute, windowMs: 60_000 },
					{ name: "hour", limit: requestsPerHour, windowMs: 3_600_000 },
					{ name: "day", limit: requestsPerDay, windowMs: 86_400_000 },
				].filter(({ limit }) => limit !== 0)
			: (windows ?? []);
		this.windows = given.map((window) => ({ ...window, errorMs: window.limit > 60 ? window.windowMs / 50 : 0 }));
		const shortest = [...given].sort((one, other) => one.windowMs - other.windowMs)[0];
		const refillMs = burst?.refillMs ?? (shortest === undefined ? 0 : shortest.windowMs / shortest.limit);
		this.size = isShort ? (shortest === undefined ? 0 : burstSize) : (burst?.size ?? 0);
		this.refillMs = Math.ceil(refillMs * 65_536) / 65_536;
	}

	get isUnlimited(): boolean {
		return this.windows.length === 0 && this.size === 0;
	}

	get longestMs(): number {
		return Math.max(0, ...this.windows.map(({ windowMs }) => windowMs));
	}

	get errorMs(): number {
		return Math.max(0, ...this.windows.map(({ errorMs }) => errorMs));
	}
}

/** A call that was let through. */
interface Call {
	readonly timeMs: number;
	/** False where it may have been forgotten as the rules changed: it was no longer in any window, but for the error. */
	readonly isSure: boolean;
}

/** All that one key ever did. */
class History {
	calls: Call[] = [];
	/** When the bucket of its bursts is full again. */
	fullMs = Number.NEGATIVE_INFINITY;
	rules: Rules;
	/** Sum of the errors of all rules it was counted by. */
	errorMs: number;

	constructor(rules: Rules) {
		this.rules = rules;
		this.errorMs = rules.errorMs;
	}

	change(rules: Rules, nowMs: number): void {
		const sinceMs = nowMs - this.rules.longestMs;
		this.calls = this.calls
			.filter(({ timeMs }) => timeMs > sinceMs - this.errorMs)
			.map(({ timeMs, isSure }) => ({ timeMs, isSure: isSure && timeMs > sinceMs }));
		this.fullMs = Math.min(this.fullMs, nowMs + rules.size * rules.refillMs);
		this.rules = rules;
		this.errorMs += rules.errorMs;
	}

	/** Calls that count for certain, and those that may. */
	counts({ windowMs }: Window, atMs: number): readonly [number, number] {
		const sure = this.calls.filter(({ timeMs, isSure }) => isSure && timeMs > atMs - windowMs);
		const maybe = this.calls.filter(({ timeMs }) => timeMs > atMs - windowMs - this.errorMs);
		return [sure.length, maybe.length];
	}

	/** Calls of a burst that could be made. */
	burst(atMs: number): number {
		const { size, refillMs } = this.rules;
		let calls = 0;
		let fullMs = Math.max(this.fullMs, atMs);
		for (; calls < size && fullMs - atMs <= (size - 1) * refillMs; calls++) fullMs += refillMs;
		return calls;
	}

	/** Whether a call has to be refused, has to be allowed, or may be either. */
	verdict(atMs: number): "refused" | "allowed" | "either" {
		if (this.rules.size > 0 && this.burst(atMs) === 0) return "refused";
		const counts = this.rules.windows.map((window) => [...this.counts(window, atMs), window.limit] as const);
		if (counts.some(([sure, , limit]) => sure >= limit)) return "refused";
		return counts.every(([, maybe, limit]) => maybe < limit) ? "allowed" : "either";
	}

	idleMs(): number {
		const last = this.calls.findLast(({ isSure }) => isSure)?.timeMs ?? Number.NEGATIVE_INFINITY;
		return Math.max(this.fullMs, last + this.rules.longestMs);
	}
}

/** A limiter that remembers every call, and counts them anew for each. */
export class Model {
	nowMs: number;
	readonly #limits: RateLimits;
	readonly #own = new Map<string, RateLimits>();
	readonly #histories = new Map<string, History>();
	/** What the last refusal said. */
	lastRetryMs = 0;

	constructor(limits: RateLimits, nowMs: number) {
		this.#limits = limits;
		this.nowMs = nowMs;
	}

	setLimits(key: string, limits: RateLimits | undefined): void {
		if (limits === undefined) this.#own.delete(key);
		else this.#own.set(key, limits);
	}

	limitsOf(key: string): RateLimits | undefined {
		return this.#own.get(key);
	}

	reset(key: string): void {
		for (const name of this.#histories.keys()) if (name.endsWith(`/${key}`)) this.#histories.delete(name);
	}

	/** Keys that still count for something. */
	get keysInUse(): number {
		return [...this.#histories.values()].filter((history) => history.idleMs() > this.nowMs).length;
	}

	get keysKnown(): number {
		return this.#histories.size;
	}

	/** Holds an answer of the limiter against what it should be. */
	hear(key: string, scope: string | undefined, counts: boolean, result: RateLimitResult): void {
		const rules = new Rules(this.#own.get(key) ?? this.#limits);
		if (rules.isUnlimited) {
			must(result.allowed && result.remaining === Number.POSITIVE_INFINITY, "unlimited", result);
			return;
		}
		const name = `${scope ?? ""}/${key}`;
		let history = this.#histories.get(name);
		if (history !== undefined && history.idleMs() <= this.nowMs) history = undefined;
		if (history === undefined) {
			history = new History(rules);
			if (counts) this.#histories.set(name, history);
		} else if (JSON.stringify(history.rules) !== JSON.stringify(rules)) history.change(rules, this.nowMs);
		const verdict = history.verdict(this.nowMs);
		must(verdict !== (result.allowed ? "refused" : "allowed"), "decision", { should: verdict }, result);
		if (result.allowed) this.#checkAllowed(history, counts, result);
		else this.#checkRefused(history, result);
	}

	#checkAllowed(history: History, counts: boolean, result: RateLimitResult): void {
		if (counts) {
			const { size, refillMs } = history.rules;
			history.calls.push({ timeMs: this.nowMs, isSure: true });
			if (size > 0) history.fullMs = Math.max(history.fullMs, this.nowMs) + refillMs;
		}
		const left = (which: 0 | 1) =>
			Math.min(
				...history.rules.windows.map((window) => window.limit - history.counts(window, this.nowMs)[which]),
				history.rules.size > 0 ? history.burst(this.nowMs) : Number.POSITIVE_INFINITY,
			);
		must(left(1) <= result.remaining && result.remaining <= left(0), "remaining", [left(1), left(0)], result);
		must(!result.exceeded && result.retryAfterSeconds === 0, "fields of an allowed call", result);
	}

	#checkRefused(history: History, result: RateLimitResult): void {
		const { limitType, limit, currentCount, remaining } = result;
		const retryMs = Math.round(result.retryAfterSeconds * 1_000);
		this.lastRetryMs = retryMs;
		const { windows, size, refillMs } = history.rules;
		must(result.exceeded && remaining === 0, "fields of a refused call", result);
		must(retryMs > 0 && result.retryAfterSeconds === retryMs / 1_000, "retryAfter in whole milliseconds", result);
		const window = windows.find(({ name }) => name === limitType);
		if (window === undefined) {
			must(limitType === "burst" && limit === size && currentCount === size, "limit of a burst", result);
			must(retryMs <= Math.ceil(refillMs), "retryAfter beyond the refill", result, refillMs);
		} else {
			const [sure, maybe] = history.counts(window, this.nowMs);
			must(limit === window.limit && currentCount >= limit, "limit of a window", result);
			must(sure <= currentCount && currentCount <= maybe, "currentCount", [sure, maybe], result);
			must(retryMs <= window.windowMs, "retryAfter beyond the window", result);
		}
		must(history.verdict(this.nowMs + retryMs) !== "refused", "retryAfter too early", result);
		must(history.verdict(this.nowMs + retryMs - 1) !== "allowed", "retryAfter too late", result);
	}
}
