import { checkTime } from "./check-time.ts";
import type { NodeScope } from "./node-scope.ts";
import type { PipelineResult, PipelineStream } from "./result.ts";
import { isPending, type StreamReader, stepOf } from "./stream-reader.ts";
import { Turn } from "./turn.ts";

type Step = IteratorResult<unknown, undefined>;
type Result = PipelineResult<Record<string, unknown>>;

const done: Step = { done: true, value: undefined };

/** Gives the items of the stream at the end of a pipeline to whoever iterates, and hears when that one leaves. */
export class StreamDelivery implements PipelineStream<unknown, Record<string, unknown>> {
	readonly result: Promise<Result>;
	/** The call that gives the stream, once it does; none where the run ends without one. */
	readonly #source: Promise<NodeScope | undefined>;
	readonly #leave: () => void;
	readonly #turn = new Turn();
	#last: Promise<unknown> = Promise.resolve();
	#isOver = false;
	/** Ends the wait for an item. */
	#giveUp: (() => void) | undefined;

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
		const ended = result.then(() => {
			this.#giveUp?.();
			return undefined;
		});
		this.#source = Promise.race([offered, ended]);
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
		const { execution, node, items } = scope;
		scope.isPulling = true;
		try {
			const given = await this.#pull(scope.reader as StreamReader);
			if (scope.over) return this.#end();
			const { done: isEnd, value } = stepOf(given, node);
			scope.isPulling = false;
			if (!isEnd) {
				items?.push(value);
				const pause = this.#turn.pause();
				if (pause !== undefined) await pause;
				checkTime(execution.scope);
				return { done: false, value };
			}
			execution.streams?.collected(scope);
		} catch (error) {
			execution.streams?.broken(scope, error);
		} finally {
			scope.isPulling = false;
		}
		return this.#end();
	}

	/** Asks for an item, and waits no longer than the run goes on: what gives the items may never answer. */
	#pull(reader: StreamReader): Promise<unknown> {
		return new Promise((resolve, reject) => {
			this.#giveUp = () => resolve(undefined);
			const step = reader.next();
			if (isPending(step)) Promise.resolve(step).then(resolve, reject);
			else resolve(step);
		});
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
