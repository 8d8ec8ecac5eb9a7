import { abortRequest, quietly } from "../stream/give-up.ts";
import { interpose, type Steps } from "../stream/steps.ts";
import type { TimedCall, TimedSource } from "./timed-call.ts";

/** Closes what is being iterated, past those who watch from further out: to them it has failed, and not been cancelled. */
class Source implements TimedSource {
	readonly #stream: object;
	iteration: Steps | undefined;

	constructor(stream: object) {
		this.#stream = stream;
	}

	close(error: unknown): void {
		abortRequest(this.#stream, error);
		quietly(() => this.iteration?.return?.(error));
	}
}

/** A stream that is read step by step. */
export function timedSteps(stream: object, timed: TimedCall): object {
	const source = new Source(stream);
	timed.closedBy(source);
	const isSync = Symbol.iterator in stream && !(Symbol.asyncIterator in stream);
	return interpose(stream, (steps) => {
		source.iteration = steps;
		return { ...steps, next: isSync ? timedSyncNext(steps, timed) : timedNext(steps, timed) };
	}) as object;
}

function timedNext(steps: Steps, timed: TimedCall): Steps["next"] {
	let isTold = false;
	return function next(...input) {
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
function timedSyncNext(steps: Steps, timed: TimedCall): Steps["next"] {
	let isTold = false;
	return function next(...input) {
		if (timed.error === undefined) return steps.next(...input);
		if (isTold) return { done: true, value: undefined };
		isTold = true;
		throw timed.error;
	};
}
