import type { Attributes } from "@opentelemetry/api";
import type { Breaker } from "./breaker.ts";
import type { TransitionCount } from "./tally.ts";

/** The labels of a breaker's series, each made once: exporters find a series by the identity of its labels. */
export class Labels {
	readonly name: Attributes;
	readonly #made = new Map<string, Attributes>();

	constructor(name: string) {
		this.name = Object.freeze({ "circuit_breaker.name": name });
	}

	state(state: string): Attributes {
		return this.#of(state, { "circuit_breaker.state": state });
	}

	transition({ from, to, reason }: TransitionCount): Attributes {
		return this.#of(`${from} ${to} ${reason}`, {
			"circuit_breaker.from_state": from,
			"circuit_breaker.state": to,
			"circuit_breaker.reason": reason,
		});
	}

	call(result: string, isSlow: boolean): Attributes {
		return this.#of(`${result} ${isSlow}`, { "circuit_breaker.result": result, "circuit_breaker.slow": isSlow });
	}

	#of(key: string, attributes: Attributes): Attributes {
		let made = this.#made.get(key);
		if (made === undefined) {
			made = Object.freeze({ ...this.name, ...attributes });
			this.#made.set(key, made);
		}
		return made;
	}
}

const labels = new WeakMap<Breaker, Labels>();

export function labelsOf(breaker: Breaker): Labels {
	let made = labels.get(breaker);
	if (made === undefined) {
		made = new Labels(breaker.name);
		labels.set(breaker, made);
	}
	return made;
}
