import type { Attributes } from "@opentelemetry/api";
import type { TokenUsage } from "../cost/token-usage.ts";
import { asFields, type Fields, own, ownFields, ownNumber, ownText } from "./fields.ts";
import { isUsage, servedTier, type UsageFigures, usageFigures } from "./usage-figures.ts";

/**
 * Collects model, finish reasons and usage from a model's result, or from the chunks of one.
 *
 * Understood by shape: OpenAI chat completions, responses and embeddings, Anthropic messages, Google generateContent, the
 * AI SDK. Read are only `id`, `model`, finish reasons, `usage` and the tier; never content.
 */
export class ModelUsage {
	/** True once anything came back. */
	answered = false;
	/** True while the figures are those of an answer that has only begun. */
	isPartial = false;
	#id: string | undefined;
	#model: string | undefined;
	readonly #finishReasons = new Map<number, string>();
	#figures: UsageFigures = {};
	/** Usage of the single requests, where one result stands for several. */
	#steps: TokenUsage[] = [];
	/** Usage beside that of the answer: Anthropic's compaction of a context. */
	#extra: TokenUsage[] = [];

	get model(): string | undefined {
		return this.#model;
	}

	see(value: unknown): void {
		if (value !== undefined) this.answered = true;
		const fields = asFields(value);
		if (fields === undefined) return;
		const steps = own(fields, "steps");
		if (Array.isArray(steps) && steps.length > 0) {
			this.#steps = [];
			for (const step of steps) this.#seeStep(asFields(step) ?? {});
			return;
		}
		const type = own(fields, "type");
		if (type === "finish-step") this.#seeStep(fields);
		else if (type === "finish") this.#seeAnswer(fields, ownFields(fields, "totalUsage"));
		else this.#seeEvent(fields, typeof type === "string" ? type : undefined);
	}

	/** What each request of the call was billed for; none where nothing said so. */
	usages(): readonly TokenUsage[] {
		if (this.#steps.length > 0) return this.#steps;
		return isUsage(this.#figures) ? [tokenUsage(this.#figures, this.#model), ...this.#extra] : [];
	}

	attributes(): Attributes {
		const attributes: Attributes = {};
		if (this.#id !== undefined) attributes["gen_ai.response.id"] = this.#id;
		if (this.#model !== undefined) attributes["gen_ai.response.model"] = this.#model;
		if (this.#finishReasons.size > 0) attributes["gen_ai.response.finish_reasons"] = [...this.#finishReasons.values()];
		return attributes;
	}

	/** Events of a stream carry the object they speak of: OpenAI responses in `response`, Anthropic in `message`. */
	#seeEvent(fields: Fields, type: string | undefined): void {
		const inner = type && (ownFields(fields, "response") ?? ownFields(fields, "message"));
		if (inner && inner !== fields) this.#seeAnswer(inner);
		this.#seeAnswer(fields);
		if (type === "message_start") this.isPartial = true;
		else if (type === "message_delta") this.isPartial = false;
	}

	#seeStep(step: Fields): void {
		this.#figures = {};
		this.#seeAnswer(step);
		if (isUsage(this.#figures)) this.#steps.push(tokenUsage(this.#figures, this.#model));
	}

	#seeAnswer(fields: Fields, total?: Fields): void {
		const response = ownFields(fields, "response");
		const model = ownText(fields, "model") ?? ownText(fields, "modelVersion") ?? modelId(fields) ?? modelId(response);
		if (model !== undefined) this.#model = model;
		// Parts of the AI SDK's streams have an id too, which is not that of the answer.
		const type = own(fields, "type");
		const isPart = typeof type === "string" && type !== "message" && model === undefined;
		this.#id ??=
			(isPart ? undefined : ownText(fields, "id")) ?? ownText(fields, "responseId") ?? ownText(response, "id");
		this.#seeFinish(fields);
		const usage = total ?? usageOf(fields);
		if (usage !== undefined) this.#seeUsage(usage, fields);
		const tier = tierOf(fields);
		if (tier !== undefined) this.#figures.tier = tier;
	}

	#seeUsage(given: Fields, fields: Fields): void {
		// Version 5 of the AI SDK counts Anthropic's cache in no field of its own usage.
		const anthropic = ownFields(ownFields(ownFields(fields, "providerMetadata"), "anthropic"), "usage");
		const usage = anthropic ?? given;
		Object.assign(this.#figures, usageFigures(usage));
		// Google counts along with each chunk, and says in the last one why it stops.
		if (own(fields, "candidates") !== undefined) this.isPartial = this.#finishReasons.size === 0;
		const iterations = own(usage, "iterations");
		if (!Array.isArray(iterations)) return;
		this.#extra = iterations
			.filter((iteration) => own(asFields(iteration), "type") === "compaction")
			.map((iteration) => tokenUsage({ ...usageFigures(iteration), ...placeOf(this.#figures) }, this.#model));
	}

	#seeFinish(fields: Fields): void {
		const choices = own(fields, "choices") ?? own(fields, "candidates");
		if (Array.isArray(choices)) {
			choices.forEach((given, position) => {
				const choice = asFields(given);
				const reason = ownText(choice, "finish_reason") ?? ownText(choice, "finishReason");
				if (reason !== undefined) this.#finishReasons.set(ownNumber(choice, "index") ?? position, reason);
			});
		}
		const reason =
			ownText(fields, "stop_reason") ??
			ownText(ownFields(fields, "delta"), "stop_reason") ??
			ownText(fields, "finishReason") ??
			ownText(ownFields(fields, "finishReason"), "unified");
		if (reason !== undefined) this.#finishReasons.set(0, reason);
	}
}

function usageOf(fields: Fields): Fields | undefined {
	return ownFields(fields, "usage") ?? ownFields(fields, "usageMetadata");
}

function modelId(fields: Fields | undefined): string | undefined {
	return ownText(fields, "modelId");
}

function tierOf(fields: Fields): string | undefined {
	const headers = ownFields(ownFields(fields, "sdkHttpResponse"), "headers");
	const openAi = ownFields(ownFields(fields, "providerMetadata"), "openai");
	return servedTier(
		ownText(fields, "service_tier") ?? ownText(headers, "x-gemini-service-tier") ?? ownText(openAi, "serviceTier"),
	);
}

function placeOf({ tier, region }: UsageFigures): UsageFigures {
	return { ...(tier !== undefined && { tier }), ...(region !== undefined && { region }) };
}

function tokenUsage({ freshInputTokens = 0, ...figures }: UsageFigures, model: string | undefined): TokenUsage {
	const { cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0, reasoningTokens = 0 } = figures;
	figures.inputTokens ??= freshInputTokens + cacheReadTokens + cacheWriteTokens;
	// A part that is larger than its whole was counted beside it, as some gateways do.
	const cached = cacheReadTokens + cacheWriteTokens;
	if (cached > figures.inputTokens) figures.inputTokens += cached;
	if (reasoningTokens > outputTokens) figures.outputTokens = outputTokens + reasoningTokens;
	if (model !== undefined) figures.model = model;
	return figures as TokenUsage;
}
