import type { Call } from "../call.ts";
import { readNow } from "../clock.ts";
import { ownsError } from "../error-owner.ts";
import { markOutcome } from "../mark-outcome.ts";
import { recordException } from "../observer/exception.ts";
import { classify, isFailure } from "../outcome.ts";
import { asked } from "../predicate.ts";
import { isStream } from "../runner/stream-reader.ts";
import { giveUpStream } from "../stream/give-up.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { awaited, isThenable } from "../thenable.ts";
import { untilAborted } from "../until-aborted.ts";
import type { FallbackMeter, FallbackResult } from "./fallback-meter.ts";

/** One answer in the place of a failure. */
export interface Link {
	readonly name: string;
	answer(error: unknown, call: Call): unknown;
}

/** What a call's failure is answered with: the first of several that does not fail itself. */
export interface Chain {
	readonly links: readonly Link[];
	readonly fallbackIf: ((error: unknown) => boolean) | undefined;
}

/** Whether a call's own answer was taken, told once. */
export class Recovery {
	readonly #chain: Chain;
	readonly #call: Call;
	readonly #meter: () => FallbackMeter | undefined;
	#isCounted = false;

	constructor(chain: Chain, call: Call, meter: () => FallbackMeter | undefined) {
		this.#chain = chain;
		this.#call = call;
		this.#meter = meter;
	}

	/** The call needed no fallback, as far as can be told by now. */
	notNeeded(): void {
		this.#count("not_needed");
	}

	/** The call failed where nothing can answer for it any more. */
	notApplicable(): void {
		this.#count("not_applicable");
	}

	/** True for a failure that something else may answer for. */
	takes(error: unknown): boolean {
		const { signal } = this.#call;
		// Nobody waits any more for what would answer for a call that was given up.
		const takes = !signal?.aborted && isFailure(classify(error, signal)) && this.#isWanted(error);
		if (!takes) this.notApplicable();
		return takes;
	}

	#isWanted(error: unknown): boolean {
		const { fallbackIf } = this.#chain;
		// What cannot be decided is decided as if nobody had asked.
		return (fallbackIf && asked("fallbackIf", fallbackIf, error)) ?? true;
	}

	/**
	 * The answer in the place of a failure, or a promise of it; throws the failure itself where all fail, and the signal's
	 * reason where the call is given up meanwhile.
	 */
	answerFor(error: unknown, position = 0): unknown {
		const { links } = this.#chain;
		const { signal } = this.#call;
		for (let index = position; index < links.length; index++) {
			const link = links[index] as Link;
			try {
				const answer = link.answer(error, this.#call);
				if (!isThenable(answer)) return this.#answered(link, error, answer);
				const late = (value: unknown) => isStream(value) && giveUpStream(value, signal?.reason);
				return untilAborted(awaited(answer, asItIs), signal, { late }).then(
					(value) => this.#answered(link, error, value),
					(failure) => {
						this.#failed(failure);
						return this.answerFor(error, index + 1);
					},
				);
			} catch (failure) {
				this.#failed(failure);
			}
		}
		this.#count("failure");
		throw error;
	}

	#answered(link: Link, error: unknown, answer: unknown): unknown {
		this.#count("success");
		markOutcome(this.#call, "fallback", error);
		this.#call.scope.setAttribute("fallback.name", link.name);
		return answer;
	}

	/** Throws where there is no going on to the next one. */
	#failed(failure: unknown): void {
		const { signal } = this.#call;
		// The reason is no failure of its own.
		if (!signal?.aborted || failure !== signal.reason) this.#record(failure);
		if (!signal?.aborted) return;
		this.notApplicable();
		throw signal.reason;
	}

	/** A fallback that fails must not fail in silence: the call throws its own error. */
	#record(failure: unknown): void {
		const { scope, clock, definition } = this.#call;
		if (scope.span === undefined) return;
		try {
			// One that another stage has recorded stands there.
			if (!ownsError(failure, scope)) return;
			recordException(scope.span, failure, readNow(clock), definition.pipeline.capture.redact);
		} catch (error) {
			telemetryFailed("fallback", error);
		}
	}

	#count(result: FallbackResult): void {
		if (this.#isCounted) return;
		this.#isCounted = true;
		this.#meter()?.ended(result);
	}
}

const asItIs = (value: unknown): unknown => value;
