import { integerFrom, knownOptions, nonEmptyName, positiveInteger, refuse } from "../option.ts";

/** Limits of a user by minute, hour and day; 0 turns one off. */
export interface RateLimitConfig {
	/** @default 60 */
	readonly requestsPerMinute?: number;
	/** @default 1000 */
	readonly requestsPerHour?: number;
	/** @default 10000 */
	readonly requestsPerDay?: number;
	/** Most requests back to back; one more becomes possible each second at 60 a minute. @default 10 */
	readonly burstSize?: number;
	readonly windows?: never;
	readonly burst?: never;
}

/** Limits by windows of one's own, all of which a call has to pass. */
export interface RateLimitPolicy {
	readonly windows?: readonly RateLimitWindow[];
	/** @default none */
	readonly burst?: RateLimitBurst;
	readonly requestsPerMinute?: never;
	readonly requestsPerHour?: never;
	readonly requestsPerDay?: never;
	readonly burstSize?: never;
}

/** At most so many calls in any span of this length: the window slides. */
export interface RateLimitWindow {
	/** In printable ASCII: it is the name of the quota in HTTP headers too. */
	readonly name: string;
	readonly limit: number;
	readonly windowMs: number;
}

/** At most so many calls back to back, by the generic cell rate algorithm. */
export interface RateLimitBurst {
	readonly size: number;
	/** Time after which one more call is possible. @default length of the shortest window / its limit */
	readonly refillMs?: number;
}

/** What a key may do: the short form, or windows of one's own. */
export type RateLimits = RateLimitConfig | RateLimitPolicy;

const configDefaults = { requestsPerMinute: 60, requestsPerHour: 1_000, requestsPerDay: 10_000, burstSize: 10 };

/** Options that say limits. */
export const limitOptions: readonly string[] = [...Object.keys(configDefaults), "windows", "burst"];

const secondMs = 1_000;
const longestWindowMs = 366 * 24 * 60 * 60 * secondMs;
const mostWindows = 8;
/** The largest integer a structured HTTP field can hold. */
const largestLimit = 999_999_999_999_999;

/** Checks limits, and gives a frozen copy: complete where it is the short form. */
export function checkedLimits(where: string, given: RateLimits): RateLimits {
	knownOptions(where, given, limitOptions);
	const { windows, burst, ...config } = given ?? {};
	if (windows === undefined && burst === undefined) return Object.freeze(checkedConfig(where, config));
	for (const [name, value] of Object.entries(config)) {
		if (value !== undefined) refuse(TypeError, `${where}: ${name}`, "absent beside windows and burst", value);
	}
	const checked = windows === undefined ? undefined : checkedWindows(where, windows);
	return Object.freeze({
		...(checked && { windows: checked }),
		...(burst !== undefined && { burst: checkedBurst(where, burst, checked) }),
	});
}

function checkedConfig(where: string, given: object): RateLimitConfig {
	const config = { ...configDefaults };
	for (const name of Object.keys(config) as (keyof typeof config)[]) {
		const value = (given as RateLimitConfig)[name];
		if (value === undefined) continue;
		config[name] = atMost(`${where}: ${name}`, integerFrom(`${where}: ${name}`, value, 0), largestLimit);
	}
	return config;
}

function checkedWindows(where: string, windows: unknown): readonly RateLimitWindow[] {
	if (!Array.isArray(windows)) refuse(TypeError, `${where}: windows`, "an array", windows);
	if (windows.length === 0 || windows.length > mostWindows) {
		refuse(RangeError, `${where}: windows`, `1 to ${mostWindows} windows`, windows);
	}
	const names = new Set<string>();
	return Object.freeze(
		windows.map((window, index) => {
			const each = `${where}: windows[${index}]`;
			objectOf(each, window, ["name", "limit", "windowMs"]);
			const { name, limit, windowMs } = window;
			nonEmptyName(`${each}.name`, name);
			if (!/^[ -~]*$/.test(name)) refuse(RangeError, `${each}.name`, "printable ASCII", name);
			if (names.has(name)) refuse(RangeError, `${each}.name`, "the only window of that name", name);
			names.add(name);
			atMost(`${each}.limit`, positiveInteger(`${each}.limit`, limit), largestLimit);
			atMost(`${each}.windowMs`, positiveInteger(`${each}.windowMs`, windowMs), longestWindowMs);
			return Object.freeze({ name, limit, windowMs });
		}),
	);
}

function checkedBurst(where: string, burst: unknown, windows: readonly RateLimitWindow[] = []): RateLimitBurst {
	const each = `${where}: burst`;
	objectOf(each, burst, ["size", "refillMs"]);
	const { size, refillMs } = burst as RateLimitBurst;
	positiveInteger(`${each}.size`, size);
	if (windows.some(({ name }) => name === "burst")) {
		refuse(RangeError, each, "absent beside a window of that name", burst);
	}
	if (refillMs === undefined && windows.length === 0) {
		refuse(TypeError, `${each}.refillMs`, "a number above 0 where there are no windows", refillMs);
	}
	if (refillMs !== undefined) {
		if (typeof refillMs !== "number") refuse(TypeError, `${each}.refillMs`, "a number above 0", refillMs);
		if (!(refillMs > 0)) refuse(RangeError, `${each}.refillMs`, "a number above 0", refillMs);
	}
	const interval = refillMs ?? refillOf(windows);
	if (size * interval > longestWindowMs) {
		refuse(RangeError, each, `refilled within ${longestWindowMs} ms`, size * interval);
	}
	return Object.freeze({ size, ...(refillMs !== undefined && { refillMs }) });
}

function objectOf(where: string, value: unknown, known: readonly string[]): void {
	if (value === undefined) refuse(TypeError, where, "an object", value);
	knownOptions(where, value, known);
}

function atMost(where: string, value: number, most: number): number {
	if (value > most) refuse(RangeError, where, `at most ${most}`, value);
	return value;
}

/** The windows of limits in either form; those that are off are left out. */
export function windowsOf(limits: RateLimits): readonly RateLimitWindow[] {
	if (limits.windows !== undefined || limits.burst !== undefined) return limits.windows ?? [];
	const { requestsPerMinute, requestsPerHour, requestsPerDay } = limits as Required<RateLimitConfig>;
	return [
		{ name: "minute", limit: requestsPerMinute, windowMs: 60 * secondMs },
		{ name: "hour", limit: requestsPerHour, windowMs: 60 * 60 * secondMs },
		{ name: "day", limit: requestsPerDay, windowMs: 24 * 60 * 60 * secondMs },
	].filter(({ limit }) => limit > 0);
}

/** The burst of limits in either form, with its refill; in the short form it needs a window to take that from. */
export function burstOf(limits: RateLimits): Required<RateLimitBurst> | undefined {
	const { burst, burstSize = 0 } = limits;
	const windows = windowsOf(limits);
	if (burst !== undefined) return { size: burst.size, refillMs: burst.refillMs ?? refillOf(windows) };
	if (burstSize === 0 || windows.length === 0) return undefined;
	return { size: burstSize, refillMs: refillOf(windows) };
}

function refillOf(windows: readonly RateLimitWindow[]): number {
	const { windowMs, limit } = windows.reduce((shortest, window) =>
		window.windowMs < shortest.windowMs ? window : shortest,
	);
	return windowMs / limit;
}

/** Limits in a few words, for `describe()`. */
export function limitsAsText(limits: RateLimits): string {
	const burst = burstOf(limits);
	const parts = windowsOf(limits).map(({ name, limit }) => `${limit} per ${name}`);
	if (burst !== undefined) parts.push(`burst ${burst.size}`);
	return parts.join(", ") || "none";
}
