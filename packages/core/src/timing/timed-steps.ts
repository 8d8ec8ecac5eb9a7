import { abortRequest, quietly } from "../stream/give-up.ts";
import { interpose, type Steps } from "../stream/steps.ts";
import type { TimedCall, TimedSource } from "./timed-call.ts";

/**
 * Closes what is being iterated, past those who watch from further out: to them it has failed, and not been cancelled.
 *
 * Each step reaches its limits through here: whoever limits it holds it weakly, so what is read must hold it.
 */
class Source implements TimedSource {
	readonly timed: TimedCall;
	readonly #stream: object;
	iteration: Steps | undefined;

	constructor(timed: TimedCall, stream: object) {
		this.timed = timed;
		this.#stream = stream;
		timed.closedBy(this);
	}

	close(error: unknown): void {
		abortRequest(this.#stream, error);
		quietly(() => this.iteration?.return?.(error));
	}
}

/** A stream that is read step by step. */
export function timedSteps(stream: object, timed: TimedCall): object {
	const source = new Source(timed, stream);
	const isSync = Symbol.iterator in stream && !(Symbol.asyncIterator in stream);
	return interpose(stream, (steps) => {
		source.iteration = steps;
		return { ...steps, next: isSync ? timedSyncNext(steps, source) : timedNext(steps, source) };
	}) as object;
}

function timedNext(steps: Steps, source: Source): Steps["next"] {
	let isTold = false;
	return function next(...input) {
		const { timed } = source;
		if (timed.error !== undefined) {
			if (isTold) return Promise.resolve({ done: true, value: undefined });
			isTold = true;
			return Promise.reject(timed.error);
		}
		const step = steps.next(...input) as Promise<IteratorResult<unknown>>;
		return new Promise((resolve, reject) => {
			const fail = (error: unknown) => {
				isTold = true;
				reject(error);
			};
			timed.awaits(fail);
			step.then(
				(result) => {
					timed.answered(fail, result !== null && result !== undefined && result.done !== true);
					resolve(result);
				},
				(error) => {
					timed.answered(fail, false);
					reject(error);
				},
			);
		});
	};
}

/** While it makes an item nothing else runs, so only between items can it be stopped. */
function timedSyncNext(steps: Steps, source: Source): Steps["next"] {
	let isTold = false;
	return function next(...input) {
		const { timed } = source;
		if (timed.error === undefined) return steps.next(...input);
		if (isTold) return { done: true, value: undefined };
		isTold = true;
		throw timed.error;
	};
}
