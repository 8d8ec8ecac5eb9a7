import type { Attributes } from "@opentelemetry/api";
import type { Call, Definition } from "../call.ts";
import type { Handler } from "../middleware.ts";
import { classify, type Outcome } from "../outcome.ts";
import { rejection } from "../rejection.ts";
import { type EndListener, hearEnd } from "../stream/hear-end.ts";
import { onceMetered } from "../telemetry/cells.ts";
import { type Breaker, refused } from "./breaker.ts";
import { labelsOf } from "./labels.ts";
import { meter } from "./meter.ts";
import { breakerNamed } from "./registry.ts";
import type { BreakerSettings, CircuitBreakerOptions } from "./settings.ts";
import { verdictOn } from "./verdict.ts";

type Own = {
	readonly [K in "name" | "isFailure" | "onStateChange"]: CircuitBreakerOptions[K] | undefined;
};

/** Stages that a breaker guards already. */
const guarded = new WeakMap<Breaker, WeakSet<Definition>>();

/** A breaker's layer around one stage. */
export class Guard {
	readonly isFailure: ((error: unknown) => boolean) | undefined;
	readonly #definition: Definition;
	readonly #own: Own;
	readonly #settings: BreakerSettings;
	#breaker: Breaker;
	#isMetered: () => true | undefined;

	constructor(definition: Definition, own: Own, settings: BreakerSettings) {
		this.#definition = definition;
		this.#own = own;
		this.#settings = settings;
		this.isFailure = own.isFailure;
		this.#breaker = this.#find();
		this.#isMetered = this.#meter();
	}

	/** Refuses a stage that the breaker guards twice: it would count every call twice. */
	standsAround(): void {
		const stages = guarded.get(this.#breaker) ?? new WeakSet();
		guarded.set(this.#breaker, stages);
		if (stages.has(this.#definition)) {
			const { name } = this.#definition;
			throw new RangeError(
				`circuitBreaker: name must differ from that of the other breaker around ${name}, got "${this.#breaker.name}"`,
			);
		}
		stages.add(this.#definition);
	}

	call(call: Call, next: Handler): unknown {
		if (this.#breaker.isForgotten) this.#renew();
		const breaker = this.#breaker;
		this.#isMetered();
		const ticket = breaker.admit(call);
		if (call.scope.span !== undefined) describe(call, breaker);
		if (ticket === refused) return refuse(call, breaker);
		const passage = new Passage(this, breaker, ticket, call);
		let result: unknown;
		try {
			result = next(call);
		} catch (error) {
			passage.ended(classify(error, call.signal), error);
			throw error;
		}
		return hearEnd(result, call, passage);
	}

	#renew(): void {
		this.#breaker = this.#find();
		this.#isMetered = this.#meter();
	}

	#find(): Breaker {
		const { name: stage, pipeline } = this.#definition;
		const { name = `${pipeline.name}.${stage}`, onStateChange } = this.#own;
		const breaker = breakerNamed(name, this.#settings, this.#definition);
		if (onStateChange !== undefined) breaker.observers.add(onStateChange);
		return breaker;
	}

	#meter(): () => true | undefined {
		return onceMetered(this.#definition, (instruments) => {
			meter(this.#breaker, instruments);
			return true;
		});
	}
}

/** One call on its way through a breaker. */
class Passage implements EndListener {
	readonly #guard: Guard;
	readonly #breaker: Breaker;
	readonly #ticket: number;
	readonly #call: Call;
	readonly #startMs: number;
	#arrivedMs: number | undefined;

	constructor(guard: Guard, breaker: Breaker, ticket: number, call: Call) {
		this.#guard = guard;
		this.#breaker = breaker;
		this.#ticket = ticket;
		this.#call = call;
		this.#startMs = breaker.settings.slowCallMs === undefined ? 0 : breaker.now();
	}

	/** A consumer may take its time with a stream: only what comes before the first item is the stage's. */
	arrived(): void {
		if (this.#breaker.settings.slowCallMs !== undefined) this.#arrivedMs ??= this.#breaker.now();
	}

	ended(outcome: Outcome, error: unknown): void {
		const breaker = this.#breaker;
		const { slowCallMs } = breaker.settings;
		const isSlow = slowCallMs !== undefined && (this.#arrivedMs ?? breaker.now()) - this.#startMs >= slowCallMs;
		breaker.settle(this.#ticket, verdictOn(this.#call, outcome, error, this.#guard.isFailure), isSlow, this.#call);
	}
}

function describe({ scope }: Call, breaker: Breaker): void {
	if (scope.span !== undefined) scope.setAttributes(labelsOf(breaker).state(breaker.found) as Attributes);
}

function refuse(call: Call, breaker: Breaker): unknown {
	const error = breaker.refusal();
	if (call.definition.isAsync) return rejection(error);
	throw error;
}
