import type { StageKind } from "../call.ts";
import type { Charge } from "../cost/charge.ts";
import { meter } from "../cost/meter.ts";
import { isMeter, markMeter } from "../cost/meters.ts";
import type { PriceBook } from "../cost/price-book.ts";
import { priceBooks } from "../cost/price-usage.ts";
import type { UsageExtractor } from "../cost/token-usage.ts";
import type { Middleware } from "../middleware.ts";
import { observing } from "../observing.ts";
import { knownOptions, optionalFunction } from "../option.ts";

/** Options of {@link cost}. */
export interface CostOptions {
	/** Reads what a call was billed for. @default the stage's own `usage`, else by the shape of the answer, for `kind: "model"` */
	readonly usage?: UsageExtractor;
	/** What models cost; of several the first that knows a model counts. @default those of `footlight(name, { prices })` */
	readonly prices?: PriceBook | readonly PriceBook[];
	/** Hears of each charge of the stage, beside the pipeline's `onCharge`. */
	readonly onCharge?: (charge: Charge) => void;
}

/**
 * Reads what each call of a model was billed for, prices it, and adds it to the stage, the run and all above.
 *
 * Every stage of `kind: "model"`, and every stage with `usage`, has it already, unless its list names one.
 *
 * **Placement** innermost, where it is put by itself: each real call is counted, those of failed attempts too, and an
 * answer from a cache costs nothing. Further out it sees only what reaches it.
 * **Emits** the metrics `pipeline.tokens`, `pipeline.cost.usd`, `pipeline.cost.unpriced`, `pipeline.cost.unmetered`, their
 * wasted parts, and the counters of the GenAI conventions; `gen_ai.usage.*` on the span of the call and of each attempt.
 *
 * @example
 * const prices = ownPrices({ "our-llama": { inputUsdPerMillionTokens: 0.2, outputUsdPerMillionTokens: 0.6 } });
 * const usage = (answer: unknown) => ({ inputTokens: String(answer).length, model: "our-llama" });
 * light.stage("ask", async (question: string) => question, { use: [cost({ usage, prices })] });
 */
export function cost(options: CostOptions = {}): Middleware {
	knownOptions("cost", options, ["usage", "prices", "onCharge"]);
	const { usage, onCharge } = options;
	optionalFunction("cost: usage", usage);
	optionalFunction("cost: onCharge", onCharge);
	const prices = options.prices === undefined ? undefined : priceBooks("cost: prices", options.prices);
	// Money counts though nobody listens: a budget, a ledger or a report may ask for it.
	return markMeter(observing("cost", (definition) => [meter(definition, { usage, prices, onCharge })], true));
}

/**
 * The layers of a stage, with a meter innermost where it needs one and has none: so each real call counts, failed attempts
 * too, and an answer that a layer gives costs nothing.
 */
export function withMeter(
	layers: readonly Middleware[],
	{ kind, usage }: { readonly kind?: StageKind; readonly usage?: UsageExtractor },
): readonly Middleware[] {
	const needsMeter = kind === "model" || usage !== undefined;
	return needsMeter && !layers.some(isMeter) ? [...layers, cost()] : layers;
}
