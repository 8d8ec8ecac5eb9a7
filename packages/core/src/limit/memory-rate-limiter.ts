import { type Clock, systemClock } from "../clock.ts";
import { integerFrom, knownOptions, nonEmptyName, optionalBoolean, refuse, withMethods } from "../option.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { classOf, offsetOf } from "./block-store.ts";
import { addCalls, countCalls, leaveMs } from "./call-log.ts";
import { KeyKeeper } from "./key-keeper.ts";
import { type KeyStates, logAt, logLength } from "./key-states.ts";
import { blockHeader, figuresOfWindow, type Policy, policyOf, type Quota } from "./policy.ts";
import { RateLimitResult, reasonOf } from "./rate-limit-result.ts";
import type { RateLimiter, RateLimiterOptions, RateLimitUsage } from "./rate-limiter.ts";
import { checkedLimits, limitOptions, type RateLimits, type RateLimitWindow } from "./rate-limits.ts";

const limiterSettings = ["name", "perEndpoint", "maxKeys", "clock"];

/** Times are multiples of this, so that the time to wait, added to a time, gives exactly the time that is meant. */
const ticksInMs = 1_024;
const tickMs = 1 / ticksInMs;

/** The limiter, with what its middleware needs to know. */
export class MemoryRateLimiter implements RateLimiter {
	readonly name: string;
	readonly synchronous = true;
	readonly limits: RateLimits;
	clock: Clock;
	readonly #perEndpoint: boolean;
	readonly #policies: Policy[] = [];
	readonly #numbers = new Map<string, number>();
	readonly #policy: Policy;
	readonly #overrides = new Map<string, Policy>();
	readonly #keeper: KeyKeeper;
	readonly #states: KeyStates;
	#latestMs = Number.NEGATIVE_INFINITY;

	constructor(where: string, options: RateLimiterOptions) {
		knownOptions(where, options, [...limiterSettings, ...limitOptions]);
		const { name = "default", perEndpoint = false, maxKeys = 1_000_000, clock, ...limits } = options ?? {};
		this.name = nonEmptyName(`${where}: name`, name);
		optionalBoolean(`${where}: perEndpoint`, perEndpoint);
		this.#perEndpoint = perEndpoint;
		integerFrom(`${where}: maxKeys`, maxKeys, 1);
		if (clock !== undefined) withMethods(`${where}: clock`, clock, ["monotonicMs"]);
		this.clock = clock ?? systemClock;
		this.limits = checkedLimits(where, limits);
		this.#policy = this.#policyOf(this.limits);
		this.#keeper = new KeyKeeper(name, maxKeys, this.#policies);
		this.#states = this.#keeper.states;
	}

	get trackedKeys(): number {
		return this.#keeper.size;
	}

	get forgottenKeys(): number {
		return this.#keeper.forgotten;
	}

	checkRateLimit(userId: string, endpoint: string): RateLimitResult {
		return this.consume(userId, this.#perEndpoint ? endpoint : undefined);
	}

	consume(key: string, scope?: string): RateLimitResult {
		return this.#decide(key, scope, true);
	}

	check(key: string, scope?: string): RateLimitResult {
		return this.#decide(key, scope, false);
	}

	usage(key: string, scope?: string): readonly RateLimitUsage[] {
		const nowMs = this.#readMs();
		const policy = this.#policyFor(key);
		let handle = policy.isUnlimited ? undefined : this.#keeper.find(key, scope);
		if (handle !== undefined && this.#states.policy(handle) !== policy) {
			handle = this.#keeper.replace(key, scope, this.#states.converted(handle, policy, nowMs));
		}
		const usage = policy.windows.map((window, index) => {
			const { name, limit, windowMs } = window;
			const used = handle === undefined ? 0 : this.#count(handle, policy, index, nowMs);
			const leaving = Math.max(1, used - limit + 1);
			const moreInMs = used === 0 ? windowMs : this.#windowWaitMs(handle as number, policy, index, nowMs, leaving);
			return { name, limit, windowMs, used, remaining: Math.max(0, limit - used), moreInMs };
		});
		const { burstSize: limit, refillMs } = policy;
		if (limit > 0) {
			const fullInMs = handle === undefined ? 0 : Math.max(0, this.#fullMs(handle) - nowMs);
			const used = Math.ceil(fullInMs / refillMs);
			const moreInMs = Math.ceil(used === 0 ? limit * refillMs : fullInMs - (used - 1) * refillMs);
			usage.push({ name: "burst", limit, windowMs: limit * refillMs, used, remaining: limit - used, moreInMs });
		}
		return usage;
	}

	setUserLimits(userId: string, limits: RateLimits | undefined): void {
		requireKey("setUserLimits: userId", userId);
		if (limits === undefined) this.#overrides.delete(userId);
		else this.#overrides.set(userId, this.#policyOf(checkedLimits("setUserLimits", limits)));
	}

	getUserLimits(userId: string): RateLimits | undefined {
		return this.#overrides.get(userId)?.limits;
	}

	reset(key: string): void {
		this.#keeper.reset(key);
	}

	freeIdle(): void {
		this.#keeper.freeIdle(this.#readMs());
	}

	/** Stands still where the clock fails or runs backwards. */
	#readMs(): number {
		try {
			const readMs = Math.floor(this.clock.monotonicMs() * ticksInMs) * tickMs;
			if (readMs > this.#latestMs) this.#latestMs = readMs;
		} catch (error) {
			telemetryFailed("clock", error);
		}
		return this.#latestMs;
	}

	#policyFor(key: string): Policy {
		return this.#overrides.size === 0 ? this.#policy : (this.#overrides.get(key) ?? this.#policy);
	}

	/** Equal limits are one policy. */
	#policyOf(limits: RateLimits): Policy {
		const text = JSON.stringify(limits);
		let number = this.#numbers.get(text);
		if (number === undefined) {
			number = this.#policies.length;
			this.#numbers.set(text, number);
			this.#policies.push(policyOf(limits, number));
		}
		return this.#policies[number] as Policy;
	}

	#decide(key: string, scope: string | undefined, counts: boolean): RateLimitResult {
		const nowMs = this.#readMs();
		const policy = this.#policyFor(key);
		if (policy.isUnlimited) return RateLimitResult.allowed(Number.POSITIVE_INFINITY, this, key, scope);
		if (nowMs >= this.#keeper.nextSweepMs) this.#keeper.sweep(nowMs);
		let handle = this.#keeper.find(key, scope);
		if (handle === undefined) {
			requireKey("rate limit: key", key);
			if (!counts) return RateLimitResult.allowed(unusedOf(policy), this, key, scope);
			handle = this.#keeper.admit(key, scope, policy, nowMs);
		}
		let cells = this.#states.cells(handle);
		if (cells[offsetOf(handle)] !== policy.number) {
			handle = this.#keeper.replace(key, scope, this.#states.converted(handle, policy, nowMs));
			cells = this.#states.cells(handle);
		}
		const { figures, burstSize } = policy;
		let remaining = Number.POSITIVE_INFINITY;
		if (burstSize > 0) {
			const fullInMs = (cells[offsetOf(handle) + 1] as number) - nowMs;
			remaining = fullInMs > 0 ? burstSize - Math.ceil(fullInMs / policy.refillMs) : burstSize;
		}
		const capacity = policy.capacities[classOf(handle)] as number;
		let at = offsetOf(handle) + blockHeader;
		for (let figure = 0; figure < figures.length; figure += figuresOfWindow) {
			const used = countCalls(cells, at, capacity, figures[figure] as number, nowMs);
			const left = (figures[figure + 1] as number) - used;
			if (left < remaining) remaining = left;
			at += logLength(capacity);
		}
		if (remaining <= 0) return this.#refusal(handle, policy, nowMs, key, scope);
		if (counts) {
			this.#charge(handle, policy, nowMs, key, scope);
			remaining--;
		}
		return RateLimitResult.allowed(remaining, this, key, scope);
	}

	/** Counts a call in every window. */
	#charge(given: number, policy: Policy, nowMs: number, key: string, scope: string | undefined): void {
		let handle = given;
		let cells = this.#states.cells(handle);
		const { figures } = policy;
		let capacity = policy.capacities[classOf(handle)] as number;
		let at = offsetOf(handle) + blockHeader;
		for (let figure = 2; figure < figures.length; figure += figuresOfWindow) {
			while (!addCalls(cells, at, capacity, figures[figure] as number, nowMs, 1)) {
				const index = (figure - 2) / figuresOfWindow;
				handle = this.#keeper.replace(key, scope, this.#states.grown(handle));
				cells = this.#states.cells(handle);
				capacity = policy.capacities[classOf(handle)] as number;
				at = logAt(handle, index, capacity);
			}
			at += logLength(capacity);
		}
		if (policy.burstSize > 0) {
			const fullAt = offsetOf(handle) + 1;
			const fullMs = cells[fullAt] as number;
			cells[fullAt] = (fullMs > nowMs ? fullMs : nowMs) + policy.refillMs;
		}
	}

	/** Of all that is used up, what stays so for longest. */
	#refusal(handle: number, policy: Policy, nowMs: number, key: string, scope: string | undefined): RateLimitResult {
		const { windows, burstSize } = policy;
		let longest = windows.length;
		let current = burstSize;
		let waitMs = burstSize > 0 ? Math.ceil(this.#fullMs(handle) - policy.toleranceMs - nowMs) : 0;
		for (let index = 0; index < windows.length; index++) {
			const { limit } = windows[index] as RateLimitWindow;
			const used = this.#count(handle, policy, index, nowMs);
			if (used < limit) continue;
			const windowWaitMs = this.#windowWaitMs(handle, policy, index, nowMs, used - limit + 1);
			if (windowWaitMs <= waitMs) continue;
			longest = index;
			current = used;
			waitMs = windowWaitMs;
		}
		const { name: limitType, limit } = policy.quotas[longest] as Quota;
		const reason = current === limit ? (policy.quotas[longest] as Quota).reason : reasonOf(limitType, current, limit);
		return RateLimitResult.refused({ reason, limitType, current, limit, waitMs }, this, key, scope);
	}

	#count(handle: number, { windows, capacities }: Policy, index: number, nowMs: number): number {
		const capacity = capacities[classOf(handle)] as number;
		const { windowMs } = windows[index] as RateLimitWindow;
		return countCalls(this.#states.cells(handle), logAt(handle, index, capacity), capacity, windowMs, nowMs);
	}

	#windowWaitMs(handle: number, policy: Policy, index: number, nowMs: number, leaving: number): number {
		const capacity = policy.capacities[classOf(handle)] as number;
		const { windowMs } = policy.windows[index] as RateLimitWindow;
		const at = logAt(handle, index, capacity);
		return Math.ceil(leaveMs(this.#states.cells(handle), at, capacity, windowMs, leaving) - nowMs);
	}

	/** When the burst is full again: in the past where it is. */
	#fullMs(handle: number): number {
		return this.#states.cells(handle)[offsetOf(handle) + 1] as number;
	}
}

/** Anything else would be a key of its own with each call, or the same for all. */
function requireKey(where: string, key: unknown): asserts key is string {
	if (typeof key !== "string") refuse(TypeError, where, "a string", key);
}

function unusedOf({ windows, burstSize }: Policy): number {
	const limits = windows.map(({ limit }) => limit);
	if (burstSize > 0) limits.push(burstSize);
	return Math.min(...limits);
}
