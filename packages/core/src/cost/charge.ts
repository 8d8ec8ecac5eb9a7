import type { CallKind, Definition } from "../call.ts";
import type { CorrelationIds } from "../correlation.ts";
import { deliver } from "../deliver.ts";
import type { Scope } from "../scope.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { boundedLabel } from "./bounded-label.ts";
import { countTokens } from "./count-tokens.ts";
import { conventionalLabels, ownLabels } from "./label-set.ts";
import type { PricedUsage } from "./price-usage.ts";
import { type CostSource, type Spend, spend, unwasted } from "./spend.ts";
import type { TokenUsage } from "./token-usage.ts";

/** Something that was spent, or turned out to be spent in vain, with whom it was for. */
export interface Charge {
	readonly pipeline: string;
	/** Absent where money was added in a run, outside of every stage. */
	readonly stage?: string;
	readonly kind: CallKind;
	readonly ids: CorrelationIds;
	/** What it adds to the spending of the call and of all above it. */
	readonly spend: Partial<Spend>;
	/** Absent on a charge that only says that earlier ones were in vain. */
	readonly source?: CostSource;
	readonly model?: string;
	readonly provider?: string;
	/** What the model call was billed for. */
	readonly usages?: readonly TokenUsage[];
	/** What each usage cost, and by which price; undefined for one without. */
	readonly prices?: readonly (PricedUsage | undefined)[];
}

/** What is known of a charge beside its amount. */
export type ChargeDetails = Pick<Charge, "source" | "model" | "provider" | "usages" | "prices">;

/** Adds to what a call and all above it have spent, counts it, and tells whoever keeps account. */
export function charge(
	scope: Scope,
	amount: Partial<Spend>,
	details: ChargeDetails,
	alsoTell?: (charge: Charge) => void,
): void {
	spend(scope, amount);
	const { pipeline } = scope.call.definition;
	const { instruments, onCharge } = pipeline;
	if (instruments !== undefined) count(instruments, scope, amount, details);
	if (amount.costUsd !== undefined) tellBudgets(scope, amount.costUsd);
	if (onCharge === undefined && alsoTell === undefined) return;
	const told = chargeOf(scope, amount, details);
	for (const tell of [onCharge, alsoTell]) {
		if (tell !== undefined) deliver("onCharge", tell, () => tell(told));
	}
}

/** What is wasted by a stage that is billed stands at zero from its definition on; what else is counted names its model. */
export function bornAtZero(definition: Definition): void {
	const { instruments } = definition.pipeline;
	if (definition.bornAtZero !== true || instruments === undefined) return;
	const { attributes } = ownLabels(instruments, definition);
	instruments.add("pipeline.cost.wasted_usd", 0, attributes);
	instruments.add("pipeline.tokens.wasted", 0, attributes);
}

/** Counts what a call has spent and not yet counted as wasted: the attempt it was spent for has failed. */
export function waste(scope: Scope): void {
	if (scope.spend === undefined) return;
	const wasted = unwasted(scope);
	if (wasted.wastedUsd > 0 || wasted.wastedTokens > 0) charge(scope, wasted, modelOf(scope));
}

function modelOf({ reading }: Scope): ChargeDetails {
	const model = reading?.requestModel ?? reading?.model;
	return model === undefined ? {} : { model };
}

function count(
	instruments: Instruments,
	{ call: { definition } }: Scope,
	amount: Partial<Spend>,
	{ source, model, provider }: ChargeDetails,
): void {
	const { costUsd = 0, wastedUsd = 0, wastedTokens = 0, unpricedCalls = 0, unmeteredCalls = 0, inputTokens } = amount;
	const boundedModel = model === undefined ? undefined : boundedLabel(instruments, "model", model);
	const own = ownLabels(instruments, definition);
	const ofModel = own.with("gen_ai.request.model", boundedModel);
	if (costUsd > 0 && source !== undefined) {
		instruments.add("pipeline.cost.usd", costUsd, ofModel.with("cost.source", source).attributes);
	}
	if (wastedUsd > 0) instruments.add("pipeline.cost.wasted_usd", wastedUsd, own.attributes);
	if (wastedTokens > 0) instruments.add("pipeline.tokens.wasted", wastedTokens, own.attributes);
	if (unpricedCalls > 0) instruments.add("pipeline.cost.unpriced", unpricedCalls, ofModel.attributes);
	if (unmeteredCalls > 0) instruments.add("pipeline.cost.unmetered", unmeteredCalls, ofModel.attributes);
	if (inputTokens === undefined) return;
	const boundedProvider = provider === undefined ? undefined : boundedLabel(instruments, "provider", provider);
	const conventional = conventionalLabels(definition).with("gen_ai.request.model", boundedModel);
	countTokens(
		instruments,
		amount,
		ofModel.with("gen_ai.provider.name", boundedProvider),
		conventional.with("gen_ai.provider.name", boundedProvider),
	);
}

/** A budget that stands around several calls of one chain is told once. */
function tellBudgets(scope: Scope, costUsd: number): void {
	let told: Set<object> | undefined;
	for (let current: Scope | undefined = scope; current !== undefined; current = current.parent) {
		if (current.budgets === undefined) continue;
		told ??= new Set();
		for (const account of current.budgets) {
			if (told.has(account)) continue;
			told.add(account);
			account.spend(costUsd);
		}
	}
}

function chargeOf(scope: Scope, amount: Partial<Spend>, details: ChargeDetails): Charge {
	const { kind, name, definition, ids } = scope.call;
	return {
		pipeline: definition.pipeline.name,
		...(kind !== "run" && { stage: name }),
		kind,
		ids,
		spend: amount,
		...details,
	};
}
