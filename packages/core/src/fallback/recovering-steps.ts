import type { Step, Steps } from "../stream/steps.ts";
import { isThenable } from "../thenable.ts";
import type { Recovery } from "./chain.ts";

const done: IteratorResult<undefined> = { done: true, value: undefined };

/**
 * The steps of a stream, or of what answers for it where it fails before its first item: the items of one that can be
 * iterated; any other answer is what a generator returns, and the one item of a Web stream.
 */
export function recoveringSteps(steps: Steps, recovery: Recovery, isAsync: boolean, isWeb: boolean): Steps {
	let current = steps;
	let hasBegun = false;

	function switchTo(answer: unknown, input: unknown[]): unknown {
		current = stepsOf(answer, isAsync, isWeb);
		return current.next(...input);
	}

	function failed(error: unknown, input: unknown[]): unknown {
		if (hasBegun) throw error;
		hasBegun = true;
		current = { next: () => done };
		if (!recovery.takes(error)) throw error;
		const answer = recovery.answerFor(error);
		return isAsync && isThenable(answer) ? answer.then((value) => switchTo(value, input)) : switchTo(answer, input);
	}

	const next: Step = (...input) => {
		if (hasBegun) return current.next(...input);
		let step: unknown;
		try {
			step = current.next(...input);
		} catch (error) {
			return isAsync ? settled(() => failed(error, input)) : failed(error, input);
		}
		if (isThenable(step)) {
			return step.then(
				(result) => {
					hasBegun = true;
					return result;
				},
				(error) => failed(error, input),
			);
		}
		hasBegun = true;
		return step;
	};
	const leave = (name: "return" | "throw"): Step | undefined =>
		steps[name] &&
		((...input) => {
			hasBegun = true;
			const method = current[name];
			if (method !== undefined) return method(...input);
			if (name === "throw") throw input[0];
			const result = { done: true, value: input[0] };
			return isAsync ? Promise.resolve(result) : result;
		});
	return { next, return: leave("return"), throw: leave("throw") };
}

async function settled(step: () => unknown): Promise<unknown> {
	return step();
}

/** An answer, step by step. */
function stepsOf(answer: unknown, isAsync: boolean, isWeb: boolean): Steps {
	const object = (typeof answer === "object" && answer !== null ? answer : {}) as Partial<
		AsyncIterable<unknown> & Iterable<unknown>
	>;
	const iterator = (isAsync ? object[Symbol.asyncIterator]?.() : undefined) ?? object[Symbol.iterator]?.();
	if (iterator !== undefined) {
		return {
			next: (...input) => iterator.next(...(input as [])),
			return: iterator.return && ((value) => iterator.return?.(value)),
			throw: iterator.throw && ((error) => iterator.throw?.(error)),
		};
	}
	let isGiven = false;
	return {
		next() {
			if (isGiven) return done;
			isGiven = true;
			return { done: !isWeb, value: answer };
		},
	};
}
