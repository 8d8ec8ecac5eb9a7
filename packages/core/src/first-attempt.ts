import type { Attributes, Context, Span } from "@opentelemetry/api";
import { describeAndEnd, startSpan } from "./attempt-span.ts";
import type { Call } from "./call.ts";
import { ownsError } from "./error-owner.ts";
import type { Handler } from "./middleware.ts";
import { Observation, type Observer } from "./observation.ts";
import { isFailure } from "./outcome.ts";
import { Scope } from "./scope.ts";
import { telemetryFailed } from "./telemetry-failure.ts";
import { ends, type Unfinished } from "./unfinished.ts";

/** The first attempt of one layer: drawn once a second follows, and until then no more than the call itself. */
export class FirstAttempt extends Observation {
	/** What the layer calls: it tells one layer from another around the same stage. */
	readonly next: Handler | undefined;
	/** That of a layer further out, which is still in its first attempt too. */
	outer: FirstAttempt | undefined;
	isFollowed = false;
	/** As it is known to whoever gives the call up. */
	unfinished: Unfinished | undefined;
	#said: Attributes | undefined;
	/** What was said after its end, of what is around it. */
	#saidSince: Attributes | undefined;

	constructor(call: Call, context: Context, observer: Observer, next?: Handler) {
		super(call, context, [observer]);
		this.next = next;
		this.outer = call.scope.firstAttempt;
	}

	/** What was said of it: on its own span where it is drawn, else on that of the attempt or the stage around it. */
	get said(): Attributes | undefined {
		return this.#said;
	}

	/** What was said of what it is all of. */
	get saidAround(): Attributes | undefined {
		return this.#saidSince === undefined ? this.#said : { ...this.#said, ...this.#saidSince };
	}

	say(attributes: Attributes): void {
		this.#said = { ...this.#said, ...attributes };
	}

	sayAround(attributes: Attributes): void {
		if (this.#said !== undefined) this.#saidSince = { ...this.#saidSince, ...attributes };
	}
}

export const drawIfFollowed: Observer = {
	begin(observation) {
		// The clock is read when it is first asked, and the span is drawn only after the fact.
		void observation.startMs;
		return true;
	},
	end(observation) {
		const first = observation as FirstAttempt;
		const { scope } = first;
		if (first.unfinished !== undefined) ends(scope, first.unfinished);
		// The next attempt's takes its place on the scope.
		first.reading = scope.reading;
		takeOver(scope, first);
		if (first.isFollowed) draw(first);
	},
};

/** Draws the first attempt of a layer that makes another one: now, or when it ends; then it goes on beside the other. */
export function followFirst(scope: Scope, next: Handler): Unfinished | undefined {
	for (let first = scope.firstAttempt; first !== undefined; first = first.outer) {
		if (first.next !== next || first.isFollowed) continue;
		first.isFollowed = true;
		if (!first.ended) return first.unfinished;
		draw(first);
		return undefined;
	}
	return undefined;
}

function draw(first: FirstAttempt): void {
	takeOut(first.scope, first, first.outer);
	drawFirst(first);
}

/** @param outer - what is around those further in from now on */
export function takeOut(scope: Scope, first: FirstAttempt, outer: FirstAttempt | undefined): void {
	let inner: FirstAttempt | undefined;
	for (let one = scope.firstAttempt; one !== undefined; inner = one, one = one.outer) {
		if (one !== first) continue;
		if (inner === undefined) scope.firstAttempt = outer;
		else inner.outer = outer;
		return;
	}
}

/** A first attempt has ended: what was said in those further in, which nothing followed, was said of it. */
export function takeOver(scope: Scope, first: FirstAttempt): void {
	const said = saidInside(scope, first, first.error);
	if (said !== undefined) first.say(said);
}

/**
 * What was said in first attempts that nothing followed, once the attempt or the stage around them has ended. One that
 * failed in another way than that is drawn: its error would stand nowhere.
 */
export function saidInside(scope: Scope, around: FirstAttempt | undefined, error: unknown): Attributes | undefined {
	let said: Attributes | undefined;
	let first = scope.firstAttempt;
	scope.firstAttempt = around;
	for (; first !== undefined && first !== around; first = first.outer) {
		if (first.ended && isFailure(first.outcome) && first.error !== error) drawFirst(first);
		else if (first.saidAround !== undefined) said = { ...said, ...first.saidAround };
	}
	return said;
}

/** Draws a first attempt after the fact. */
export function drawFirst(first: FirstAttempt): Span | undefined {
	const { call, scope, startMs, error, said } = first;
	const span = startSpan(call, scope, startMs);
	if (span === undefined) return undefined;
	// The attempt takes the error over from its stage, which then does not record it again.
	const records = first.ownsError && ownsError(error, new Scope(scope, scope.run));
	try {
		describeAndEnd(span, first, records, said);
	} catch (failure) {
		telemetryFailed("attempt span", failure);
	}
	return span;
}
