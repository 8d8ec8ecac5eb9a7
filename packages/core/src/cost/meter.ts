import type { Definition } from "../call.ts";
import { deliver } from "../deliver.ts";
import type { Observation, Observer } from "../observation.ts";
import { isFailure } from "../outcome.ts";
import { requestModel } from "../telemetry/gen-ai.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import { bornAtZero, type Charge, type ChargeDetails, charge } from "./charge.ts";
import { roundUsd } from "./money.ts";
import type { PriceBook, PriceQuery } from "./price-book.ts";
import { type PricedUsage, priceUsage } from "./price-usage.ts";
import { Reading } from "./reading.ts";
import type { Spend } from "./spend.ts";
import { type TokenUsage, totalUsage, type UsageExtractor, type Writable } from "./token-usage.ts";

type Figures = Partial<Writable<Spend>>;

/** Options that a stage's own meter has beside those of its pipeline. */
export interface MeterOptions {
	readonly usage?: UsageExtractor | undefined;
	readonly prices?: readonly PriceBook[] | undefined;
	readonly onCharge?: ((charge: Charge) => void) | undefined;
}

/** Reads what each real call of a stage was billed for, and charges it once; undefined for a stage without a meter. */
export function meter(definition: Definition, options: MeterOptions): Observer | undefined {
	const { kind, pipeline, provider } = definition;
	const extract = options.usage ?? definition.usage;
	if (kind === "run" || (kind !== "model" && extract === undefined)) return undefined;
	const books = options.prices ?? pipeline.prices;
	bornAtZero(definition);

	function settle(observation: Observation, reading: Reading): void {
		const { scope, outcome } = observation;
		const { usages } = reading;
		const unmetered = isUnmetered(reading, observation);
		if (usages.length === 0 && !unmetered) return;
		const amount: Figures = usages.length === 0 ? {} : spentOn(usages, reading, observation.startMs);
		if (unmetered) amount.unmeteredCalls = 1;
		if (isFailure(outcome)) wasteAll(amount);
		const details: Writable<ChargeDetails> = { source: reading.source ?? "local" };
		const model = reading.requestModel ?? reading.model;
		if (model !== undefined) details.model = model;
		const served = usages[0]?.provider ?? provider;
		if (served !== undefined) details.provider = served;
		if (usages.length > 0) {
			details.usages = usages;
			details.prices = reading.prices;
		}
		charge(scope, amount, details, options.onCharge);
	}

	function spentOn(usages: readonly TokenUsage[], reading: Reading, atMs: number): Figures {
		const total = totalUsage(usages);
		reading.prices = usages.map((usage) => priceOf(usage, reading, atMs));
		reading.source = usages.every(({ costUsd }) => costUsd !== undefined) ? "provider" : "local";
		const amount: Figures = {
			inputTokens: total.inputTokens,
			outputTokens: total.outputTokens ?? 0,
			cacheReadTokens: total.cacheReadTokens ?? 0,
			cacheWriteTokens: total.cacheWriteTokens ?? 0,
			reasoningTokens: total.reasoningTokens ?? 0,
			costUsd: reading.costUsd,
		};
		// Where nobody gave prices, none is missing.
		if (books.length > 0 && !reading.isPriced) amount.unpricedCalls = 1;
		return amount;
	}

	function priceOf(usage: TokenUsage, reading: Reading, atMs: number): PricedUsage | undefined {
		if (usage.costUsd !== undefined) return { usd: roundUsd(usage.costUsd), source: "provider" };
		const model = usage.model ?? reading.requestModel;
		if (model === undefined || books.length === 0) return undefined;
		const served = usage.provider ?? provider;
		const query: PriceQuery = served === undefined ? { model, usage, atMs } : { model, usage, atMs, provider: served };
		return priceUsage(books, query, reading.requestModel);
	}

	const observer: Observer = {
		begin(observation: Observation): boolean {
			observation.reading = new Reading(observer, requestModel(observation.call.input));
			// A price holds from a day on; the clock is read when it is first asked.
			void observation.startMs;
			return true;
		},
		value({ reading, call }: Observation, value: unknown): void {
			if (reading === undefined) return;
			if (extract === undefined) {
				reading.answer.see(value);
				return;
			}
			reading.answer.answered = true;
			const usage: TokenUsage | null | undefined = deliver("usage", extract, () => extract(value, call));
			if (usage !== undefined && usage !== null) reading.extract(usage);
		},
		end(observation: Observation): void {
			const { scope, reading } = observation;
			if (reading === undefined) return;
			const stage = scope.attemptOf ?? scope;
			if (stage.reading !== undefined && stage.reading.meter !== observer) return;
			reading.isOuter = scope.metersInside;
			scope.reading = reading;
			stage.reading = reading;
			for (let outer = stage.parent; outer !== undefined && !outer.metersInside; outer = outer.parent) {
				outer.metersInside = true;
			}
			if (reading.isOuter) return;
			try {
				settle(observation, reading);
			} catch (error) {
				telemetryFailed("cost", error);
			}
		},
	};
	return observer;
}

/** An answer came, or began to, without (all of) its usage; a call that failed before is billed by nobody. */
function isUnmetered(reading: Reading, { outcome, scope }: Observation): boolean {
	if (reading.usages.length > 0) return reading.extracted === undefined && reading.answer.isPartial;
	// Whoever adds the money by hand has metered the call.
	if ((scope.spend?.costUsd ?? 0) > 0) return false;
	return outcome === "ok" || reading.answer.answered;
}

/** What a call spent that failed all the same. */
function wasteAll(amount: Figures): void {
	const { costUsd = 0, inputTokens = 0, outputTokens = 0 } = amount;
	amount.wastedUsd = costUsd;
	amount.wastedTokens = inputTokens + outputTokens;
}
