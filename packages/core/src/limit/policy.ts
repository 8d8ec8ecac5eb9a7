import { blockSizes } from "./block-store.ts";
import { logHeader } from "./call-log.ts";
import { reasonOf } from "./rate-limit-result.ts";
import { burstOf, type RateLimits, type RateLimitWindow, windowsOf } from "./rate-limits.ts";

/** Up to so many calls a window remembers each by itself, and is exact. */
const mostExact = 60;
/** A window of more calls moves on in so many steps. */
const steps = 50;
/** A burst is reckoned in multiples of this, so that sums and differences of times have no rounding. */
const quantumMs = 2 ** -16;

/** Numbers of a key's block beside its windows: the policy, and when its burst is full again. */
export const blockHeader = 2;

/** Numbers of a window in {@link Policy.figures}: its length in milliseconds, its limit, and its steps in a millisecond. */
export const figuresOfWindow = 3;

/** What a refusal names. */
export interface Quota {
	readonly name: string;
	readonly limit: number;
	/** In words, of one that is just used up. */
	readonly reason: string;
}

/** Limits made ready for deciding. */
export interface Policy {
	/** Stands in the block of each key that is counted by it. */
	readonly number: number;
	readonly limits: RateLimits;
	readonly windows: readonly RateLimitWindow[];
	/** What deciding needs of the windows, as plain numbers side by side. */
	readonly figures: Float64Array;
	/** The windows, and last the burst. */
	readonly quotas: readonly Quota[];
	/** Calls of a burst; 0 where there is none. */
	readonly burstSize: number;
	readonly refillMs: number;
	/** How far the burst may be used up, as time until it is full. */
	readonly toleranceMs: number;
	/** Entries that the ring of each window has in a block, by the block's class. */
	readonly capacities: Int32Array;
	/** Class of the smallest block that is of use. */
	readonly smallestClass: number;
	readonly isUnlimited: boolean;
}

export function policyOf(limits: RateLimits, number: number): Policy {
	const windows = windowsOf(limits);
	const { size: burstSize, refillMs: interval } = burstOf(limits) ?? { size: 0, refillMs: 0 };
	const refillMs = Math.ceil(interval / quantumMs) * quantumMs;
	const capacities = blockSizes.map((size) => capacityOf(size, windows.length));
	return {
		number,
		limits,
		windows,
		figures: Float64Array.from(
			windows.flatMap(({ windowMs, limit }) => [windowMs, limit, limit > mostExact ? steps / windowMs : 0]),
		),
		quotas: [...windows, { name: "burst", limit: burstSize }].map(({ name, limit }) => ({
			name,
			limit,
			reason: reasonOf(name, limit, limit),
		})),
		burstSize,
		refillMs,
		toleranceMs: (burstSize - 1) * refillMs,
		capacities: Int32Array.from(capacities),
		smallestClass: capacities.findIndex((capacity) => capacity >= 0),
		isUnlimited: windows.length === 0 && burstSize === 0,
	};
}

/** Entries that the ring of each of so many windows has in a block of a size; negative where it is too small. */
function capacityOf(size: number, windows: number): number {
	if (windows === 0) return 0;
	return Math.floor((Math.floor((size - blockHeader) / windows) - logHeader) / 2);
}
