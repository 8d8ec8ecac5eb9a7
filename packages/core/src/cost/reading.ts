import type { Attributes } from "@opentelemetry/api";
import { ModelUsage } from "../telemetry/model-usage.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { roundUsd } from "./money.ts";
import type { PricedUsage } from "./price-usage.ts";
import type { CostSource } from "./spend.ts";
import { checkUsage, copyUsage, type TokenUsage, totalUsage } from "./token-usage.ts";

/** What the innermost layer read of one real call: it stands on the span of the call, and nowhere else. */
export class Reading {
	readonly answer: ModelUsage = new ModelUsage();
	readonly requestModel: string | undefined;
	/** What the user's own extractor said, which then counts. */
	extracted: TokenUsage | undefined;
	/** What each usage cost, in their order; undefined for one whose price nobody knows. */
	prices: readonly (PricedUsage | undefined)[] = [];
	source: CostSource | undefined;
	/** The meter that took the reading: a second one around it leaves it alone. */
	readonly meter: object;
	/** True when the call only leads to another that is metered itself: its tokens are counted there. */
	isOuter = false;
	#usages: readonly TokenUsage[] | undefined;

	constructor(meter: object, requestModel: string | undefined) {
		this.meter = meter;
		this.requestModel = requestModel;
	}

	/** Takes what the user's own extractor says. */
	extract(given: TokenUsage): void {
		try {
			const usage = copyUsage(given);
			checkUsage(usage);
			this.extracted = Object.freeze(usage);
		} catch (error) {
			telemetryFailed("usage", error);
		}
	}

	get model(): string | undefined {
		return this.usages[0]?.model ?? this.answer.model;
	}

	/** What the call was billed for: asked for once it has ended, and made once; none where the answer's figures cannot be. */
	get usages(): readonly TokenUsage[] {
		this.#usages ??= this.extracted === undefined ? this.#answered() : [this.extracted];
		return this.#usages;
	}

	#answered(): readonly TokenUsage[] {
		const usages = this.answer.usages();
		try {
			for (const usage of usages) checkUsage(Object.freeze(usage));
			return usages;
		} catch (error) {
			telemetryFailed("usage", error);
			return [];
		}
	}

	/** True when every usage has a price. */
	get isPriced(): boolean {
		return this.prices.length > 0 && !this.prices.includes(undefined);
	}

	/** Money of all usages whose price is known. */
	get costUsd(): number {
		return roundUsd(this.prices.reduce((sum, price) => sum + (price?.usd ?? 0), 0));
	}

	attributes(): Attributes {
		const attributes = this.answer.attributes();
		if (this.isOuter || this.usages.length === 0) return attributes;
		if (this.extracted?.model !== undefined) attributes["gen_ai.response.model"] = this.extracted.model;
		const total = totalUsage(this.usages);
		attributes["gen_ai.usage.input_tokens"] = total.inputTokens;
		if (total.outputTokens !== undefined) attributes["gen_ai.usage.output_tokens"] = total.outputTokens;
		if (total.cacheReadTokens) attributes["gen_ai.usage.cache_read.input_tokens"] = total.cacheReadTokens;
		if (total.cacheWriteTokens) attributes["gen_ai.usage.cache_write.input_tokens"] = total.cacheWriteTokens;
		if (total.reasoningTokens) attributes["gen_ai.usage.reasoning.output_tokens"] = total.reasoningTokens;
		// The price of a part is not that of the call.
		if (this.isPriced && this.source !== undefined) {
			attributes["gen_ai.usage.cost.amount"] = this.costUsd;
			attributes["gen_ai.usage.cost.currency"] = "USD";
			attributes["gen_ai.usage.cost.source"] = this.source;
		}
		return attributes;
	}
}
