import type { Clock } from "./clock.ts";
import type { CorrelationIds } from "./correlation.ts";
import type { UsageExtractor } from "./cost/token-usage.ts";
import type { EventAttributes } from "./event.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Scope } from "./scope.ts";

/** What kind of work a call is. */
export type CallKind = "run" | "stage" | "model" | "tool" | "agent" | "retrieval" | "rpc" | "job";

export const stageKinds = ["stage", "model", "tool", "agent", "retrieval", "rpc", "job"] as const;

export type StageKind = (typeof stageKinds)[number];

/** What is known of a run or a stage when it is defined, before any call; layers compute from it once. */
export interface Definition {
	readonly kind: CallKind;
	readonly name: string;
	readonly pipeline: Pipeline;
	/** Name of the wrapped function, where it has one. */
	readonly functionName?: string;
	/** Provider of a model, as in `gen_ai.provider.name`. */
	readonly provider?: string;
	/** Reads what a call was billed for from its result, where the stage has an extractor of its own. */
	readonly usage?: UsageExtractor;
	/** True where the function is written as `async`: a layer refuses its calls by a promise that rejects. */
	readonly isAsync?: boolean;
	/** True for a stage that is expected to be called: its counters stand at zero before its first call. */
	readonly bornAtZero?: boolean;
	/** True where every promise comes fresh from an `async` function: nobody can have put members of its own on it. */
	readonly givesFreshPromises?: boolean;
}

/**
 * One call on its way through the layers. It is never changed: a layer that wants another one passes a copy to `next`,
 * as in `next({ ...call, attempt: 2 })`.
 */
export interface Call {
	readonly kind: CallKind;
	readonly name: string;
	readonly definition: Definition;
	/** The arguments, in order. */
	readonly input: readonly unknown[];
	/** The `this` of the call. */
	readonly receiver: unknown;
	/** Aborts when the caller, the run or a layer gives the call up; absent where nobody can. */
	readonly signal: AbortSignal | undefined;
	/** When the call is given up, by `clock.monotonicMs()`: a wait that would outlive it is not begun. Absent where nobody set a limit. */
	readonly deadlineMs: number | undefined;
	/** Number of the attempt; the first is 1. */
	readonly attempt: number;
	readonly ids: CorrelationIds;
	readonly clock: Clock;
	readonly values: CallValues;
	/** Emits an event that carries pipeline, stage and run; never throws. */
	readonly emit: (this: Call, name: string, attributes?: EventAttributes) => void;
	/** What Footlight knows of the call while it runs. @internal */
	readonly scope: Scope;
}

/** Key of a value that layers hand inwards, with the value it has where nobody set one. */
export interface CallKey<T> {
	readonly id: symbol;
	readonly defaultValue: T;
}

/**
 * Makes a key for a typed value on a call.
 *
 * @example
 * const tenant = callKey("tenant", "public");
 * // In a layer: next({ ...call, values: call.values.set(tenant, "acme") }), and further in: call.values.get(tenant)
 */
export function callKey<T>(description: string, defaultValue: T): CallKey<T> {
	return { id: Symbol(description), defaultValue };
}

/** Values that layers hand inwards; `set` returns a changed copy, so parallel calls share nothing. */
export class CallValues {
	static readonly none: CallValues = new CallValues(new Map());
	readonly #values: ReadonlyMap<symbol, unknown>;

	private constructor(values: ReadonlyMap<symbol, unknown>) {
		this.#values = values;
	}

	/** @param call - on whose behalf it is read; a value that is made when it is asked for may be another for each attempt */
	get<T>(key: CallKey<T>, call?: Call): T {
		if (!this.#values.has(key.id)) return key.defaultValue;
		const value = this.#values.get(key.id);
		return (value instanceof Provided ? value.of(key, call) : value) as T;
	}

	set<T>(key: CallKey<T>, value: T): CallValues {
		return new CallValues(new Map(this.#values).set(key.id, value));
	}

	/** Has values made when they are asked for. @internal */
	provide(keys: readonly CallKey<unknown>[], of: Provided["of"]): CallValues {
		const values = new Map(this.#values);
		const provided = new Provided(of);
		for (const { id } of keys) values.set(id, provided);
		return new CallValues(values);
	}
}

/** Stands for values until somebody asks for one. */
class Provided {
	readonly of: (key: CallKey<unknown>, call: Call | undefined) => unknown;

	constructor(of: Provided["of"]) {
		this.of = of;
	}
}
