import type { Call } from "../call.ts";
import { announce } from "../flag/announce.ts";
import { providerNameOf } from "../flag/client.ts";
import { evaluate } from "../flag/evaluation.ts";
import { type FeatureFlagOptions, flagSettings } from "../flag/settings.ts";
import { markOutcome } from "../mark-outcome.ts";
import { type AddingMiddleware, type AsyncMiddleware, asyncLayer } from "../middleware.ts";
import { perStage } from "../prepare.ts";
import { isThenable } from "../thenable.ts";
import { TimeLimit } from "../time-limit.ts";

/**
 * Calls a stage only where a feature flag is on; where it is off, leaves it out, or answers in its place.
 *
 * The flag is evaluated for each call, of a generator with its first `next()`. Where that fails, or takes too long, the flag
 * has its default value. A call that is aborted meanwhile is given up.
 *
 * **Placement** outside of whatever a stage that is off should be spared; inside of what decides who may call.
 * **Emits** the event `feature_flag.evaluation` of the OpenTelemetry conventions; `feature_flag.key` and
 * `feature_flag.result.*` on the span; the metric `pipeline.feature_flag.evaluations`.
 * **Throws** nothing of its own: off, the outcome is `skipped` and the result undefined, or `fallback` with what `whenOff`
 * gives. RangeError or TypeError for options that cannot be, when it is called.
 *
 * @example
 * const beta = new Set(["ada"]);
 * const isBeta = featureFlag({ flag: "new-ranker", client: (call) => beta.has(call.ids.userId ?? "") });
 * const rank = light.stage("rank", (hits: string[]) => hits.toSorted(), { use: [isBeta] });
 * await light.run({ userId: "ada" }, () => rank(["b", "a"])); // => ["a", "b"]
 * await light.run({ userId: "bob" }, () => rank(["b", "a"])); // => undefined
 */
export function featureFlag<R>(
	options: FeatureFlagOptions & { readonly whenOff: (call: Call) => R },
): AsyncMiddleware & AddingMiddleware<R>;
export function featureFlag(
	options: FeatureFlagOptions & { readonly whenOff?: "skip" },
): AsyncMiddleware & AddingMiddleware<undefined>;
export function featureFlag(options: FeatureFlagOptions): AsyncMiddleware {
	const settings = flagSettings(options);
	const { flag, client, defaultValue, timeoutMs, whenOff } = settings;
	const limitOf = perStage(({ pipeline }) => new TimeLimit(`feature flag ${flag}`, timeoutMs, pipeline.clock));

	function off(call: Call): unknown {
		markOutcome(call, whenOff === "skip" ? "skipped" : "fallback");
		return whenOff === "skip" ? undefined : whenOff(call);
	}

	return asyncLayer({ name: "featureFlag", options: { flag, defaultValue } }, (next) => async (call) => {
		const limit = limitOf(call.definition);
		let evaluation = evaluate(call, settings, (awaited) => limit.of(awaited, call.signal));
		if (isThenable(evaluation)) {
			evaluation = await evaluation;
			call.signal?.throwIfAborted();
		}
		announce(call, flag, evaluation, providerNameOf(client));
		return evaluation.value ? next(call) : off(call);
	});
}
