import type { Definition } from "./call.ts";
import type { Middleware } from "./middleware.ts";

type Prepare = (definition: Definition) => void;

const preparing = new WeakMap<Middleware, Prepare>();

/** Has a layer told of each stage it is to stand around when that is defined, before the first call. */
export function prepares<M extends Middleware>(middleware: M, prepare: Prepare): M {
	preparing.set(middleware, prepare);
	return middleware;
}

/** Lets layers prepare for a stage that is being defined; what one of them throws refuses the definition. */
export function prepare(layers: readonly Middleware[], definition: Definition): void {
	for (const middleware of layers) preparing.get(middleware)?.(definition);
}

/** What a layer keeps for each stage it stands around: made once, and found again at the cost of a comparison. */
export function perStage<T>(make: (definition: Definition) => T): (definition: Definition) => T {
	const all = new WeakMap<Definition, T>();
	let last: Definition | undefined;
	let lastMade: T;
	return (definition) => {
		if (definition === last) return lastMade;
		if (!all.has(definition)) all.set(definition, make(definition));
		last = definition;
		lastMade = all.get(definition) as T;
		return lastMade;
	};
}
