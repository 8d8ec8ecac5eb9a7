import type { Context } from "@opentelemetry/api";
import { endSpan } from "../attempt.ts";
import { startSpan } from "../attempt-span.ts";
import type { Call } from "../call.ts";
import { withAttempt } from "../call-copy.ts";
import { StageContext, withContext } from "../context.ts";
import { waste } from "../cost/charge.ts";
import { drawFirst, FirstAttempt, takeOut, takeOver } from "../first-attempt.ts";
import type { Handler } from "../middleware.ts";
import { Observation, type Observer } from "../observation.ts";
import { isStream } from "../runner/stream-reader.ts";
import { Scope } from "../scope.ts";
import { follow } from "../stream/follow.ts";
import { giveUpStream } from "../stream/give-up.ts";
import { LazySignal } from "../timing/lazy-signal.ts";
import { giveUpInside } from "../unfinished.ts";

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
		if (this.position === 1 && this.#stage.attemptSpans === "retried") {
			const first = new FirstAttempt(call, context, this.#drawFirst);
			first.begin();
			this.scope.firstAttempt = first;
			return first;
		}
		const observation = new Observation(this.#call, context, [endSpan]);
		observation.begin();
		const span = startSpan(this.#call, this.#stage, observation.startMs);
		if (span === undefined) return undefined;
		observation.span = span;
		this.scope.span = span;
		return observation;
	}

	readonly #drawFirst: Observer = {
		begin: (observation) => {
			void observation.startMs;
			return true;
		},
		end: (observation) => {
			const first = observation as FirstAttempt;
			first.reading = this.scope.reading;
			takeOver(this.scope, first);
			this.scope.firstAttempt = undefined;
			// What is said of it from now on is not the stage's.
			this.scope.span = drawFirst(first) ?? this.scope.span;
		},
	};

	/** It stays the only one, and so it is the stage: what was said of it was said of that. */
	#isStage(): void {
		const first = this.#observation;
		if (!(first instanceof FirstAttempt) || first.isFollowed) return;
		first.isFollowed = true;
		if (first.said !== undefined) this.#stage.setAttributes(first.said);
		const isInnermost = this.scope.firstAttempt === first;
		takeOut(this.scope, first, this.#stage.firstAttempt);
		if (!isInnermost) this.#stage.firstAttempt = this.scope.firstAttempt;
	}

	/** True where the attempt is drawn as it runs, whether or not there is another. */
	get isDrawn(): boolean {
		return this.#observation !== undefined && this.#observation.scope !== this.#stage;
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
		if (!isOneOfSeveral) this.#isStage();
		if (observation === undefined || !(isOneOfSeveral || this.isDrawn)) return value;
		if (isStream(value)) return follow(value, observation);
		observation.settled(value);
		return value;
	}

	/** The attempt failed; of several, it has its own error and its own money to account for. */
	failed(error: unknown, isOneOfSeveral: boolean): void {
		giveUpInside(this.scope, undefined, error);
		if (!isOneOfSeveral) this.#isStage();
		if (isOneOfSeveral || this.isDrawn) this.#observation?.failed(error);
		if (isOneOfSeveral) waste(this.scope);
	}

	/** Another attempt has answered. What it costs from now on is accounted for when it settles. */
	giveUp(reason: unknown): void {
		this.failed(reason, true);
		this.#signal.abort(reason);
	}

	/** It has settled after it was given up; a stream is closed, and its money was spent in vain. */
	late(value: unknown, reason: unknown): void {
		if (isStream(value)) giveUpStream(value, reason);
		waste(this.scope);
	}
}
