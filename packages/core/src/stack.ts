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

const order = ["auth", "featureFlag", "rateLimit", "cache", "fallback", "circuitBreaker", "retry", "timeout"] as const;

/**
 * Returns the given layers in the recommended order, outermost first.
 *
 * auth, feature flag, rate limit | cache, fallback | circuit breaker, retry, timeout: who may not call costs nothing, a
 * cached answer needs no breaker, the breaker counts a call once however often it is retried, and each attempt has its
 * own time. Observability stands outside all of them, so refusals and cache hits are recorded.
 *
 * **Throws** TypeError for an unknown place or a layer that is no function.
 *
 * @example
 * const auth: Middleware = (next) => (call) => next(call);
 * light.stage("search", search, { use: standardStack({ auth }) });
 */
export function standardStack(layers: StandardStack = {}): Middleware[] {
	knownOptions("standardStack", layers, order);
	const stack: Middleware[] = [];
	for (const place of order) {
		const middleware = layers[place];
		if (middleware === undefined) continue;
		checkMiddleware(`standardStack: ${place}`, middleware);
		stack.push(middleware);
	}
	return stack;
}
