import type { Call } from "../call.ts";
import { type Chain, type Link, Recovery } from "../fallback/chain.ts";
import { fallbackMeter } from "../fallback/fallback-meter.ts";
import { recovered, recovering } from "../fallback/recovering.ts";
import { type AddingMiddleware, layer } from "../middleware.ts";
import { knownOptions, nonEmptyName, optionalFunction, refuse, show } from "../option.ts";
import { perStage, prepares } from "../prepare.ts";

/** One answer in the place of a failure: a value, or a function that gives one. */
export type Fallback<T = unknown> =
	| { readonly value: T; readonly name?: string }
	| { readonly use: (error: unknown, call: Call) => T; readonly name?: string };

/** Options of {@link fallback}. */
export interface FallbackOptions {
	/** Whether to answer for a failure; a cancelled or interrupted call is none. @default every failure */
	readonly fallbackIf?: (error: unknown) => boolean;
}

/** What the fallbacks of a list answer with. */
type AnswerOf<F> = F extends { readonly value: infer T }
	? T
	: F extends { readonly use: (error: unknown, call: Call) => infer T }
		? T
		: never;

/**
 * Answers in the place of a call that fails: with a value, with what a function gives, or with the first of a list that
 * does not fail itself.
 *
 * A refusal and a timeout are failures, too. Where every fallback fails, the call fails with its own error, unchanged, and
 * what they failed with stands on the span. A stream is answered for until its first item: by the items of what can be
 * iterated, else by the one value (of a generator, what it returns). One of Node, or one that pushes, is only until it is
 * there. Where `fallbackIf` fails, or does not answer with true or false, the failure is answered for.
 *
 * A call whose signal has aborted is answered for no more: no further fallback is begun, and one that is waited for is left.
 *
 * **Placement** outside of `circuitBreaker()`, `retry()` and `timeout()`.
 * **Emits** the outcome `fallback`, with the call's own error and `fallback.name` on the span; the metric
 * `pipeline.fallback.calls`.
 * **Throws** what the call throws, where nothing answers for it; the signal's reason, where the call is given up meanwhile.
 *
 * @example
 * const rank = light.stage("rank", async (): Promise<string[]> => Promise.reject(new Error("busy")), {
 *   use: [fallback([{ name: "cached", use: () => { throw new Error("empty") } }, { name: "unranked", value: ["a", "b"] }])],
 * });
 * await rank(); // => ["a", "b"]
 */
export function fallback<F extends Fallback | readonly Fallback[]>(
	chain: F,
	options: FallbackOptions = {},
): AddingMiddleware<AnswerOf<F extends readonly unknown[] ? F[number] : F>> {
	const given: readonly unknown[] = Array.isArray(chain) ? chain : [chain];
	if (given.length === 0) refuse(RangeError, "fallback: chain", "a list that is not empty", chain);
	const links = given.map((one, index) =>
		linkOf(Array.isArray(chain) ? `fallback: chain[${index}]` : "fallback", one, index),
	);
	knownOptions("fallback", options, ["fallbackIf"]);
	const { fallbackIf } = options;
	optionalFunction("fallback: fallbackIf", fallbackIf);
	const recoveries: Chain = { links, fallbackIf };
	const meterOf = perStage(fallbackMeter);

	const middleware = layer(
		{ name: "fallback", options: { chain: links.map(({ name }) => name).join(", ") } },
		(next) => (call) => {
			const recovery = new Recovery(recoveries, call, meterOf(call.definition));
			let result: unknown;
			try {
				result = next(call);
			} catch (error) {
				const answer = recovered(error, recovery);
				return call.definition.isAsync ? Promise.resolve(answer) : answer;
			}
			return recovering(result, call, recovery);
		},
	);
	return prepares(middleware, meterOf);
}

function linkOf(where: string, given: unknown, index: number): Link {
	const one = given as { value?: unknown; use?: unknown; name?: unknown } | null | undefined;
	const isObject = typeof one === "object" && one !== null;
	if (!isObject || "value" in one === "use" in one) {
		throw new TypeError(
			`${where} must be { value } or { use: (error, call) => ... }, or a list of such, got ${show(given)}`,
		);
	}
	knownOptions(where, one, ["value", "use", "name"]);
	const { value, use, name = String(index + 1) } = one;
	nonEmptyName(`${where}: name`, name);
	if (!("use" in one)) return { name: name as string, answer: () => value };
	if (typeof use !== "function") refuse(TypeError, `${where}: use`, "a function", use);
	return { name: name as string, answer: use as Link["answer"] };
}
