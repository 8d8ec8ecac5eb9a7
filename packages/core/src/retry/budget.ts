import { type Clock, readNow } from "../clock.ts";
import { integerFrom, knownOptions, milliseconds, nonEmptyName, ratio as ratioOption, refuse } from "../option.ts";
import type { Instruments } from "../telemetry/instruments.ts";

/** Options of {@link retryBudget}. */
export interface RetryBudgetOptions {
	/** Name of the budget, on its metric: whoever asks for a budget of this name is given the same one. */
	readonly name: string;
	/** Further attempts for each call, from 0 to 1. @default 0.2 */
	readonly ratio?: number;
	/** Further attempts a second that are allowed however few calls there are. @default 10 */
	readonly minRetriesPerSecond?: number;
	/** How long calls and further attempts are remembered, in milliseconds. @default 10000 */
	readonly ttlMs?: number;
}

/** Further attempts that several stages may make together. */
export interface RetryBudget {
	readonly name: string;
	/** Share of the budget that is used up, from 0 to 1, by the clock of the call that came last. */
	readonly utilization: number;
}

const known = ["name", "ratio", "minRetriesPerSecond", "ttlMs"];
const slotCount = 10;
/** `0.29 * 100` is less than 29. */
const rounding = 1e-9;

const budgets = new Map<string, SharedRetryBudget>();

/**
 * Gives the retry budget of a name: all retries of a process that share it make, together, at most `ratio` further attempts
 * for each call, and a few a second where there are few calls.
 *
 * Where everything fails, retries by themselves multiply the load by `maxAttempts` just when the other side can bear it
 * least; with a budget they add a fifth. Calls and further attempts count for `ttlMs`, in ten steps.
 *
 * **Throws** RangeError or TypeError for options that cannot be, and for others than the budget of this name has.
 *
 * @example
 * const perHost = retryBudget({ name: "search-api", ratio: 0.1 });
 * const search = light.stage("search", load, { use: [retry({ budget: perHost })] });
 * const suggest = light.stage("suggest", load, { use: [retry({ budget: retryBudget({ name: "search-api" }) })] });
 */
export function retryBudget(options: RetryBudgetOptions): RetryBudget {
	knownOptions("retryBudget", options, known);
	const { name, ratio, minRetriesPerSecond, ttlMs } = options ?? {};
	nonEmptyName("retryBudget: name", name);
	if (ratio !== undefined) ratioOption("retryBudget: ratio", ratio);
	if (minRetriesPerSecond !== undefined) integerFrom("retryBudget: minRetriesPerSecond", minRetriesPerSecond, 0);
	if (ttlMs !== undefined) milliseconds("retryBudget: ttlMs", ttlMs);
	const shared = budgets.get(name);
	if (shared === undefined) {
		const made = new SharedRetryBudget(name, ratio ?? 0.2, minRetriesPerSecond ?? 10, ttlMs ?? 10_000);
		budgets.set(name, made);
		return made;
	}
	for (const [option, value, has] of [
		["ratio", ratio, shared.ratio],
		["minRetriesPerSecond", minRetriesPerSecond, shared.minRetriesPerSecond],
		["ttlMs", ttlMs, shared.ttlMs],
	] as const) {
		if (value !== undefined && value !== has) {
			refuse(RangeError, `retryBudget: ${option}`, `${has}, as the budget ${name} has it already`, value);
		}
	}
	return shared;
}

/** Of each step of the time that is remembered: its number, its calls and its further attempts. */
interface Slot {
	number: number;
	calls: number;
	retries: number;
}

export class SharedRetryBudget implements RetryBudget {
	readonly name: string;
	readonly ratio: number;
	readonly minRetriesPerSecond: number;
	readonly ttlMs: number;
	readonly #slots: readonly Slot[] = Array.from({ length: slotCount }, () => ({ number: -1, calls: 0, retries: 0 }));
	readonly #measured = new WeakSet<Instruments>();
	#clock: Clock | undefined;

	constructor(name: string, ratio: number, minRetriesPerSecond: number, ttlMs: number) {
		this.name = name;
		this.ratio = ratio;
		this.minRetriesPerSecond = minRetriesPerSecond;
		this.ttlMs = ttlMs;
	}

	get utilization(): number {
		if (this.#clock === undefined) return 0;
		const { allowed, retries } = this.#remembered(this.#clock);
		return allowed === 0 ? 0 : Math.min(1, retries / allowed);
	}

	/** Counts a call, which allows for a part of a further attempt. */
	called(clock: Clock): void {
		this.#clock = clock;
		this.#slot(clock).calls++;
	}

	/** Takes a further attempt from the budget; false where it is used up. */
	take(clock: Clock): boolean {
		const { allowed, retries } = this.#remembered(clock);
		if (retries + 1 > allowed + rounding) return false;
		this.#slot(clock).retries++;
		return true;
	}

	measure(instruments: Instruments): void {
		if (this.#measured.has(instruments)) return;
		this.#measured.add(instruments);
		const attributes = Object.freeze({ "retry.budget_name": this.name });
		instruments.observe("pipeline.retry.budget.utilization", (report) => report(this.utilization, attributes));
	}

	#remembered(clock: Clock): { allowed: number; retries: number } {
		const newest = slotNumber(clock, this.ttlMs);
		let calls = 0;
		let retries = 0;
		for (const slot of this.#slots) {
			if (slot.number <= newest - slotCount || slot.number > newest) continue;
			calls += slot.calls;
			retries += slot.retries;
		}
		return { allowed: (this.minRetriesPerSecond * this.ttlMs) / 1_000 + calls * this.ratio, retries };
	}

	#slot(clock: Clock): Slot {
		const number = slotNumber(clock, this.ttlMs);
		const slot = this.#slots[number % slotCount] as Slot;
		if (slot.number !== number) {
			slot.number = number;
			slot.calls = 0;
			slot.retries = 0;
		}
		return slot;
	}
}

function slotNumber(clock: Clock, ttlMs: number): number {
	return Math.max(0, Math.floor((readNow(clock) * slotCount) / ttlMs));
}
