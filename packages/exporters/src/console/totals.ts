import { numberOf } from "./span.ts";
import type { SpanNode } from "./span-tree.ts";

export interface Tokens {
	readonly input: number;
	readonly output: number;
}

/** Tokens a span reports itself. */
function ownTokens({ span }: SpanNode): Tokens | undefined {
	const input = numberOf(span, "gen_ai.usage.input_tokens");
	const output = numberOf(span, "gen_ai.usage.output_tokens");
	return input === undefined && output === undefined ? undefined : { input: input ?? 0, output: output ?? 0 };
}

/** Tokens of a tree, counted innermost: an agent's span may repeat what the model calls below it have reported. */
export function totalTokens(node: SpanNode): Tokens | undefined {
	return sumTokens(node.children.map(totalTokens)) ?? ownTokens(node);
}

export function sumTokens(all: readonly (Tokens | undefined)[]): Tokens | undefined {
	return all.reduce<Tokens | undefined>(
		(sum, next) => (sum && next ? { input: sum.input + next.input, output: sum.output + next.output } : (sum ?? next)),
		undefined,
	);
}

/** Money that failed attempts spent, in the span and below it. */
export function ownWaste({ span }: SpanNode): number | undefined {
	return numberOf(span, "pipeline.cost.wasted_usd");
}

/** Money of a tree: `pipeline.cost.usd` holds what was spent below as well, so the outermost span that has it tells all. */
export function totalCost(node: SpanNode): number | undefined {
	return ownCost(node) ?? sum(node.children.map(totalCost));
}

export function ownCost({ span }: SpanNode): number | undefined {
	return numberOf(span, "pipeline.cost.usd");
}

export function sum(values: readonly (number | undefined)[]): number | undefined {
	const known = values.filter((value) => value !== undefined);
	return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
}
