import { Guard } from "../breaker/guard.ts";
import { breakerSettings, type CircuitBreakerOptions } from "../breaker/settings.ts";
import type { Definition } from "../call.ts";
import { layer, type Middleware } from "../middleware.ts";
import { perStage, prepares } from "../prepare.ts";

/**
 * Refuses calls while what they call fails again and again, and probes from time to time whether it has recovered.
 *
 * Closed, it counts; open, it refuses; half-open, it lets a few probes through, and closes or opens again by how they end.
 * A call counts once, in the state it began in; one that was cancelled, paused, or refused further in counts neither way.
 * A probe that never ends keeps its place: put a `timeout` inside. The state belongs to the name, for the whole process
 * ({@link circuitBreakers}); `monitor` counts and tells all the same, but refuses nothing.
 *
 * **Placement** outside `retry`, where it counts calls, or inside, where it counts attempts.
 * **Emits** the events `circuit_breaker.opened`, `circuit_breaker.half_opened` and `circuit_breaker.closed` and a line on
 * the log for each; the metrics `pipeline.circuit_breaker.*`; `circuit_breaker.name` and `.state` on the span.
 * **Throws** `CircuitOpenError` (outcome `rejected`) with the time left: as a rejection where the function is `async`, else
 * at once. When a stage is defined, RangeError where its name stands for a breaker with other options.
 *
 * @example
 * const search = light.stage("search", async () => Promise.reject(new Error("busy")), {
 *   use: [circuitBreaker({ name: "search-api", failureThreshold: 2, openMs: 30_000 })],
 * });
 * await search(); // throws Error: busy
 * await search(); // throws Error: busy
 * circuitBreakers.get("search-api")?.state; // => "open"
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): Middleware {
	const settings = breakerSettings(options);
	const { name, isFailure, onStateChange } = options;
	const guardOf = perStage((definition) => new Guard(definition, { name, isFailure, onStateChange }, settings));

	function prepare(definition: Definition): void {
		// Of an instrumented object most methods may never be called: theirs are made when they are.
		if (name !== undefined || definition.bornAtZero === true) guardOf(definition).standsAround();
	}

	const described = {
		...(name !== undefined && { name }),
		...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
	};
	const middleware = layer({ name: "circuitBreaker", options: described }, (next) => {
		let definition: Definition | undefined;
		let guard: Guard;
		return function circuitBreaker(call) {
			if (call.definition !== definition) {
				definition = call.definition;
				guard = guardOf(definition);
			}
			return guard.call(call, next);
		};
	});
	return prepares(middleware, prepare);
}
