import type { Middleware } from "./middleware.ts";
import { checkMiddleware, knownOptions } from "./option.ts";

/** One layer for each place of the recommended order; all are optional. */
export interface StandardStack {
	readonly auth?: Middleware;
	readonly featureFlag?: Middleware;
	readonly rateLimit?: Middleware;
	readonly cache?: Middleware;
	readonly fallback?: Middleware;
	readonly circuitBreaker?: Middleware;
	readonly retry?: Middleware;
	readonly timeout?: Middleware;
}

/** The layers that were given: one that waits, or that adds an answer, says so in the type of the stage. */
type Given<Layers extends StandardStack> = Extract<Layers[keyof Layers & keyof StandardStack], Middleware>;

/** No place that there is not; of an object made from data nobody can tell before it is there. */
type OnlyKnown<Layers> = string extends keyof Layers
	? unknown
	: Readonly<Record<Exclude<keyof Layers, keyof StandardStack>, never>>;

const order = ["auth", "featureFlag", "rateLimit", "cache", "fallback", "circuitBreaker", "retry", "timeout"] as const;

/**
 * Returns the given layers in the recommended order, outermost first.
 *
 * auth, feature flag, rate limit | cache, fallback | circuit breaker, retry, timeout: who may not call costs nothing, a
 * cached answer needs no breaker, the breaker counts a call once however often it is retried, and each attempt has its
 * own time. Observability stands outside all of them, so refusals and cache hits are recorded. For `hedge` and `bulkhead`
 * there is no place: they belong inside `retry`, around `timeout` and inside it.
 *
 * **Throws** TypeError for an unknown place or a layer that is no function.
 *
 * @example
 * const use = standardStack({
 *   timeout: timeout({ timeoutMs: 2_000 }),
 *   retry: retry({ maxAttempts: 3 }),
 *   cache: cache({ ttlMs: 60_000 }),
 * });
 * use.map((middleware) => describeLayer(middleware).name); // => ["cache", "retry", "timeout"]
 */
export function standardStack<Layers extends StandardStack = StandardStack>(
	layers?: Layers & OnlyKnown<Layers>,
): Given<Layers>[] {
	knownOptions("standardStack", layers, order);
	const given: StandardStack = layers ?? {};
	const stack: Middleware[] = [];
	for (const place of order) {
		const middleware = given[place];
		if (middleware === undefined) continue;
		checkMiddleware(`standardStack: ${place}`, middleware);
		stack.push(middleware);
	}
	return stack as Given<Layers>[];
}
