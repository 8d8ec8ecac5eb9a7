import type { Scope } from "../scope.ts";
import { begins, ends, type Unfinished } from "../unfinished.ts";
import type { RetryMeter } from "./meter.ts";
import type { RetryResult } from "./words.ts";

/** A call through a retry layer as it is counted: once, when it ends, or when it is given up while an attempt runs. */
export class CountedCall implements Unfinished {
	outer: Unfinished | undefined;
	attempts = 1;
	readonly #scope: Scope;
	readonly #meter: RetryMeter | undefined;
	#isCounted = false;

	constructor(scope: Scope, meter: RetryMeter | undefined) {
		this.#scope = scope;
		this.#meter = meter;
		begins(scope, this);
	}

	giveUp(): void {
		this.ended("aborted");
	}

	ended(result: RetryResult): void {
		if (this.#isCounted) return;
		this.#isCounted = true;
		ends(this.#scope, this);
		this.#meter?.ended(this.attempts, result);
		if (this.attempts > 1) this.#scope.setAttribute("retry.attempt_count", this.attempts);
	}
}
