import { type Cell, cellOf } from "../telemetry/cells.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import type { RateLimitStore } from "./rate-limit-store.ts";

/** What a rate limit counts of its decisions. */
export interface RateLimitMeter {
	readonly allowed: Cell;
	readonly rejected: Cell;
	readonly storeError: Cell;
}

/** A limiter that may be able to say how many keys it keeps. */
type KeyHolder = RateLimitStore & { readonly trackedKeys?: unknown };

/** So many names have a series of their own for their keys. */
const mostNames = 1_000;

const metered = new WeakMap<Instruments, Map<string, Set<KeyHolder>>>();

/** The cells of a policy; limiters of one name share them, and their keys are added up. */
export function rateLimitMeter(name: string, limiter: KeyHolder, instruments: Instruments): RateLimitMeter {
	if (typeof limiter.trackedKeys === "number") measureKeys(name, limiter, instruments);
	const cell = (result: string) =>
		cellOf(instruments, "pipeline.rate_limit.decisions", { "rate_limit.policy": name, "rate_limit.result": result });
	return { allowed: cell("allowed"), rejected: cell("rejected"), storeError: cell("store_error") };
}

function measureKeys(name: string, limiter: KeyHolder, instruments: Instruments): void {
	const names = metered.get(instruments) ?? observe(instruments);
	const limiters = names.get(name);
	if (limiters !== undefined) limiters.add(limiter);
	else if (names.size < mostNames) names.set(name, new Set([limiter]));
	else instruments.dropped("metrics", "cardinality");
}

function observe(instruments: Instruments): Map<string, Set<KeyHolder>> {
	const names = new Map<string, Set<KeyHolder>>();
	metered.set(instruments, names);
	instruments.observe("pipeline.rate_limit.tracked_keys", (report) => {
		for (const [name, limiters] of names) {
			let keys = 0;
			for (const { trackedKeys } of limiters) keys += typeof trackedKeys === "number" ? trackedKeys : 0;
			report(keys, { "rate_limit.policy": name });
		}
	});
	return names;
}
