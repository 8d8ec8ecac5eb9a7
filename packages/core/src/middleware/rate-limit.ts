import type { Call, Definition } from "../call.ts";
import { Gate, type RateLimitKey } from "../limit/gate.ts";
import { MemoryRateLimiter } from "../limit/memory-rate-limiter.ts";
import type { RateLimitStore, SyncRateLimitStore } from "../limit/rate-limit-store.ts";
import { limitOptions, limitsAsText, type RateLimits } from "../limit/rate-limits.ts";
import { type AsyncMiddleware, asyncLayer, layer, type Middleware } from "../middleware.ts";
import {
	knownOptions,
	milliseconds,
	nonEmptyName,
	oneOf,
	optionalBoolean,
	optionalFunction,
	refuse,
	withMethods,
} from "../option.ts";
import { prepares } from "../prepare.ts";
import { rejection } from "../rejection.ts";

/** Options of {@link rateLimit}, beside the limits or the limiter. */
export interface RateLimitSettings {
	/** On the error, the span and the metrics. @default the limiter's name, or "default" */
	readonly name?: string;
	/**
	 * Whom a call counts for; calls of nobody known (`undefined`) are counted together as one user's, and `false` lets a
	 * call through uncounted.
	 * @default (call) => call.ids.userId
	 */
	readonly key?: RateLimitKey;
	/** Counts a key apart for each stage. @default false */
	readonly perStage?: boolean;
	/**
	 * What becomes of calls while the limiter fails: one that cannot be reached should not be the end of what it protects,
	 * unless that costs more than an outage.
	 * @default "allow"
	 */
	readonly onStoreError?: "allow" | "reject";
	/** How long a limiter that answers by promises is waited for, in milliseconds; then it has failed. @default 1000 */
	readonly storeTimeoutMs?: number;
}

interface OwnLimiter {
	readonly limiter?: undefined;
	/** As of `rateLimiter`. @default 1000000 */
	readonly maxKeys?: number;
}

/** Options of {@link rateLimit} with limits of its own, or with a limiter of this process. */
export type RateLimitOptions = RateLimitSettings &
	((OwnLimiter & RateLimits) | { readonly limiter: SyncRateLimitStore });

/** Options of {@link rateLimit} with a limiter that has to be waited for. */
export type SharedRateLimitOptions = RateLimitSettings & { readonly limiter: RateLimitStore };

const settingNames = ["name", "key", "perStage", "onStoreError", "storeTimeoutMs", "limiter"];
const ownNames = ["maxKeys", ...limitOptions];

/**
 * Refuses calls of a key that has made as many as it may: by default 60 a minute, 1000 an hour and 10000 a day of each
 * user, in bursts of at most 10, whatever stage they call.
 *
 * It decides before the function is called, and before the first item of a generator. What it lets through counts, however
 * that ends; what it refuses does not. The `limiter` may be one of `rateLimiter`, to share it and to set limits of single
 * users, or any that counts in a shared store, for which a call has to wait. A `key` that throws refuses the call.
 * Who gives up does not wait for the limiter any longer.
 *
 * **Placement** outside `cache`, `retry` and `circuitBreaker`, on what users call: with the inner stages of a run, each
 * of them would count.
 * **Emits** the event `rate_limit.rejected`; on the span of a refused call `rate_limit.*`; the metrics
 * `pipeline.rate_limit.decisions` and `pipeline.rate_limit.tracked_keys`; a warning where the limiter begins to fail.
 * **Throws** `RateLimitedError` (outcome `rejected`) with the time to wait: as a rejection where the function is `async` or
 * the limiter has to be waited for, else at once; RangeError or TypeError for options that cannot be.
 *
 * @example
 * const perUser = rateLimit({ windows: [{ name: "minute", limit: 1, windowMs: 60_000 }] });
 * const ask = light.stage("ask", (question: string) => question.length, { use: [perUser] });
 * light.run({ userId: "ada" }, () => ask("Why?")); // => 4
 * light.run({ userId: "bob" }, () => ask("Why?")); // => 4
 * light.run({ userId: "ada" }, () => ask("Why?")); // throws RateLimitedError: [rate_limited] rate limit default: 1 per minute are used up
 */
export function rateLimit(options?: RateLimitOptions): Middleware;
export function rateLimit(options: SharedRateLimitOptions): AsyncMiddleware;
export function rateLimit(options: RateLimitOptions | SharedRateLimitOptions = {}): Middleware {
	knownOptions("rateLimit", options, [...settingNames, ...ownNames]);
	const { key = userOf, perStage = false, limiter: given, name, ...others } = options ?? {};
	const { onStoreError = "allow", storeTimeoutMs = 1_000, ...own } = others;
	if (name !== undefined) nonEmptyName("rateLimit: name", name);
	optionalFunction("rateLimit: key", key);
	optionalBoolean("rateLimit: perStage", perStage);
	oneOf("rateLimit: onStoreError", onStoreError, ["allow", "reject"]);
	milliseconds("rateLimit: storeTimeoutMs", storeTimeoutMs);
	const limiter = given ?? new MemoryRateLimiter("rateLimit", { ...own, ...(name !== undefined && { name }) });
	if (given !== undefined) {
		withMethods("rateLimit: limiter", given, ["consume"]);
		for (const [option, value] of Object.entries(own)) {
			if (value !== undefined) refuse(TypeError, `rateLimit: ${option}`, "absent beside a limiter", value);
		}
	}
	const named = name ?? (typeof limiter.name === "string" && limiter.name !== "" ? limiter.name : "default");
	const gate = new Gate(limiter, { name: named, key, perStage, onStoreError, storeTimeoutMs });

	let hasClock = false;
	function prepare(definition: Definition): void {
		// Time has to be of one kind; a layer is hardly ever put into pipelines of different clocks.
		if (given === undefined && !hasClock) (limiter as MemoryRateLimiter).clock = definition.pipeline.clock;
		hasClock = true;
		gate.placeOf(definition);
	}

	const described = {
		name: "rateLimit",
		options: {
			name: named,
			...(limiter instanceof MemoryRateLimiter && { limits: limitsAsText(limiter.limits) }),
			...(perStage && { perStage }),
		},
	};
	if ((limiter as Partial<SyncRateLimitStore>).synchronous !== true) {
		const middleware = asyncLayer(
			described,
			(next) =>
				async function rateLimit(call) {
					const refusal = await gate.refusalInTime(call);
					if (refusal !== undefined) throw refusal;
					// Who has given up in the meantime has no use for an answer.
					call.signal?.throwIfAborted();
					return next(call);
				},
		);
		return prepares(middleware, prepare);
	}
	const middleware = layer(
		described,
		(next) =>
			function rateLimit(call) {
				const refusal = gate.refusal(call);
				if (refusal === undefined) return next(call);
				if (call.definition.isAsync) return rejection(refusal);
				throw refusal;
			},
	);
	return prepares(middleware, prepare);
}

function userOf(call: Call): string | undefined {
	return call.ids.userId;
}
