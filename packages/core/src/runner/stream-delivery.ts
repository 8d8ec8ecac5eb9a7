import type { NodeScope } from "./node-scope.ts";
import type { PipelineResult, PipelineStream } from "./result.ts";

type Step = IteratorResult<unknown, undefined>;
type Result = PipelineResult<Record<string, unknown>>;

const done: Step = { done: true, value: undefined };

/** Gives the items of the stream at the end of a pipeline to whoever iterates, and hears when that one leaves. */
export class StreamDelivery implements PipelineStream<unknown, Record<string, unknown>> {
	readonly result: Promise<Result>;
	/** The call that gives the stream, once it does; none where the run ends without one. */
	readonly #source: Promise<NodeScope | undefined>;
	readonly #leave: () => void;
	#last: Promise<unknown> = Promise.resolve();
	#isOver = false;

	/** @param begin - starts the run; hands over the stream when it is there, and is given the way to end the run */
	constructor(
		begin: (offer: (scope: NodeScope) => void) => { readonly result: Promise<Result>; readonly leave: () => void },
	) {
		let offer: (scope: NodeScope) => void = () => {};
		const offered = new Promise<NodeScope>((resolve) => {
			offer = resolve;
		});
		const { result, leave } = begin(offer);
		this.result = result;
		this.#leave = leave;
		this.#source = Promise.race([offered, result.then(() => undefined)]);
	}

	next(): Promise<Step> {
		const step = this.#last.then(() => this.#step());
		this.#last = step.catch(() => {});
		return step;
	}

	async return(): Promise<Step> {
		this.#isOver = true;
		this.#leave();
		await this.result;
		return done;
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.return();
	}

	async #step(): Promise<Step> {
		if (this.#isOver) return done;
		const scope = await this.#source;
		if (scope === undefined || scope.over) return this.#end();
		const { execution, reader, items } = scope;
		scope.isPulling = true;
		let step: IteratorResult<unknown> | undefined;
		try {
			step = await reader?.next();
		} catch (error) {
			execution.streams?.broken(scope, error);
		}
		scope.isPulling = false;
		if (step?.done === false && !scope.over) {
			items?.push(step.value);
			return { done: false, value: step.value };
		}
		if (step !== undefined) execution.streams?.collected(scope);
		return this.#end();
	}

	/** The items have ended; the iteration ends when the run has, and as it has. */
	async #end(): Promise<Step> {
		if (this.#isOver) return done;
		this.#isOver = true;
		const result = await this.result;
		if (result.outcome === "ok") return done;
		throw result.error;
	}
}
