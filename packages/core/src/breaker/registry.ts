import type { Definition } from "../call.ts";
import { Breaker } from "./breaker.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { type BreakerSettings, sameSettings } from "./settings.ts";

/** By name, for the whole process: a breaker outlives the runs, and the definitions, that use it. */
const breakers = new Map<string, Breaker>();

/** The breaker of a name, made where there is none; refused where there is one with other settings. */
export function breakerNamed(name: string, settings: BreakerSettings, definition: Definition): Breaker {
	const known = breakers.get(name);
	if (known !== undefined) {
		sameSettings(name, known.settings, settings);
		return known;
	}
	const made = new Breaker(name, settings, definition);
	breakers.set(name, made);
	return made;
}

/** All circuit breakers of the process. */
export interface CircuitBreakers {
	/** The breaker of a name; undefined where no stage has one yet. */
	get(name: string): CircuitBreaker | undefined;
	/** Their names, in the order they were made. */
	names(): string[];
	/** Forgets one, with its state and its metrics; a stage that still uses it gets a new one with its next call. */
	delete(name: string): boolean;
	/** Forgets all of them: for tests. */
	clear(): void;
}

/**
 * Finds circuit breakers by their names, to look at them and to steer them.
 *
 * @example
 * light.stage("load", load, { use: [circuitBreaker({ name: "store" })] });
 * circuitBreakers.get("store")?.state; // => "closed"
 */
export const circuitBreakers: CircuitBreakers = {
	get: (name) => breakers.get(name),
	names: () => [...breakers.keys()],
	delete(name) {
		breakers.get(name)?.forget();
		return breakers.delete(name);
	},
	clear() {
		for (const name of circuitBreakers.names()) circuitBreakers.delete(name);
	},
};
