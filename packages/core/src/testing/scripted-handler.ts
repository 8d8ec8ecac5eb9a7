import type { Call } from "../call.ts";
import type { Handler } from "../middleware.ts";

/** A call that reached the innermost handler and waits to be answered. */
export interface ScriptedCall {
	readonly call: Call;
	/** Answers with a value, or with a promise or a stream. */
	respond(value?: unknown): void;
	/** Answers with a rejection. */
	reject(error: unknown): void;
}

/** A handler, and the hand that answers for it. */
export interface ScriptedHandler {
	/** Stands where the function would: `middleware(scripted.handler)`. */
	readonly handler: Handler;
	/** Every call that came, answered or not, in order. */
	readonly calls: readonly Call[];
	/** Calls that came and were not yet taken with `next()`. */
	readonly waiting: number;
	/** The next call; waits for it where none has come yet. */
	next(): Promise<ScriptedCall>;
}

/**
 * Makes a handler that is answered call by call, so that a test decides how the calls of a layer interleave.
 *
 * @example
 * const scripted = scriptedHandler();
 * const answer = layerUnderTest(scripted.handler)(testCall());
 * (await scripted.next()).respond("hello");
 * console.log(await answer); // hello
 */
export function scriptedHandler(): ScriptedHandler {
	const calls: Call[] = [];
	const arrived: ScriptedCall[] = [];
	const expecting: ((call: ScriptedCall) => void)[] = [];
	return {
		calls,
		get waiting() {
			return arrived.length;
		},
		handler(call) {
			calls.push(call);
			return new Promise((respond, reject) => {
				const scripted: ScriptedCall = { call, respond, reject };
				const expectant = expecting.shift();
				if (expectant === undefined) arrived.push(scripted);
				else expectant(scripted);
			});
		},
		next() {
			const scripted = arrived.shift();
			return scripted === undefined ? new Promise((resolve) => expecting.push(resolve)) : Promise.resolve(scripted);
		},
	};
}
