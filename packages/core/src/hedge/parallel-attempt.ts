import type { Context } from "@opentelemetry/api";
import { drawFirst, endSpan, startSpan } from "../attempt.ts";
import type { Call } from "../call.ts";
import { withAttempt } from "../call-copy.ts";
import { StageContext, withContext } from "../context.ts";
import { waste } from "../cost/charge.ts";
import type { Handler } from "../middleware.ts";
import { Observation, type Observer } from "../observation.ts";
import { isStream } from "../runner/stream-reader.ts";
import { Scope } from "../scope.ts";
import { follow } from "../stream/follow.ts";
import { giveUpStream } from "../stream/give-up.ts";
import { LazySignal } from "../timing/lazy-signal.ts";

/**
 * One of several attempts of a call that go on at the same time: with a signal, a span and an account of money of its own.
 *
 * The first runs as the stage itself, and is drawn once another has been made.
 */
export class ParallelAttempt {
	/** The first is 1. */
	readonly position: number;
	/** As a retry further out counts. */
	readonly number: number;
	readonly scope: Scope;
	readonly #stage: Scope;
	readonly #call: Call;
	readonly #context: Context;
	readonly #observation: Observation | undefined;
	readonly #signal = new LazySignal();
	isSettled = false;

	constructor(call: Call, position: number, context: Context) {
		const stage = call.scope;
		this.position = position;
		this.number = call.attempt + position - 1;
		this.#stage = stage;
		this.scope = new Scope(stage, stage.run, false, stage.attemptOf ?? stage);
		this.#call = withAttempt(call, this.number, this.scope, () => this.#signal.get(() => call.signal));
		this.scope.call = this.#call;
		this.scope.entered = true;
		this.#observation = stage.span === undefined || !stage.open ? undefined : this.#observe(call, context);
		this.#context = new StageContext(context, this.scope.span, this.scope);
	}

	#observe(call: Call, context: Context): Observation | undefined {
		const isStage = this.position === 1 && this.#stage.attemptSpans === "retried";
		const observation = new Observation(isStage ? call : this.#call, context, [isStage ? this.#drawFirst : endSpan]);
		observation.begin();
		const { startMs } = observation;
		if (isStage) return observation;
		const span = startSpan(this.#call, this.#stage, startMs);
		if (span === undefined) return undefined;
		observation.span = span;
		this.scope.span = span;
		return observation;
	}

	readonly #drawFirst: Observer = {
		begin: () => true,
		end: (observation) => {
			observation.reading = this.scope.reading;
			drawFirst(observation);
		},
	};

	/** True where the attempt is drawn as it runs, whether or not there is another. */
	get isDrawn(): boolean {
		return this.#observation !== undefined && this.#observation.scope !== this.#stage;
	}

	get isAborted(): boolean {
		return this.#signal.isAborted;
	}

	begin(next: Handler): unknown {
		return withContext(this.#context, next, this.#call);
	}

	/** The attempt answers for the call; gives what to hand outward. */
	won(value: unknown, isOneOfSeveral: boolean): unknown {
		const { outcome, outcomeError } = this.scope;
		if (outcome !== undefined) {
			this.#stage.outcome = outcome;
			this.#stage.outcomeError = outcomeError;
		}
		const observation = this.#observation;
		if (observation === undefined || !(isOneOfSeveral || this.isDrawn)) return value;
		if (isStream(value)) return follow(value, observation);
		observation.settled(value);
		return value;
	}

	/** The attempt failed; of several, it has its own error and its own money to account for. */
	failed(error: unknown, isOneOfSeveral: boolean): void {
		if (isOneOfSeveral || this.isDrawn) this.#observation?.failed(error);
		if (isOneOfSeveral) waste(this.scope);
	}

	/** Another attempt has answered. What it costs from now on is accounted for when it settles. */
	giveUp(reason: unknown): void {
		this.#observation?.failed(reason);
		waste(this.scope);
		this.#signal.abort(reason);
	}

	/** It has settled after it was given up; a stream is closed, and its money was spent in vain. */
	late(value: unknown, reason: unknown): void {
		if (isStream(value)) giveUpStream(value, reason);
		waste(this.scope);
	}
}
