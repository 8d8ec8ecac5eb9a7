import { telemetryFailed } from "@footlight/core";
import type { EndedSpanLike } from "../span-shape.ts";

/** Why a trace is kept; of several, the first one in this list. */
export const keepReasons = [
	"error",
	"rejected",
	"interrupted",
	"retried",
	"fallback",
	"expensive",
	"slow",
	"chosen",
	"sampled",
] as const;

/** Why a trace is kept: what one of its spans said, `keepIf`, or chance. */
export type KeepReason = (typeof keepReasons)[number];

/** What is asked of each span. */
export interface KeepRules {
	readonly slowMs: number;
	readonly expensiveUsd: number;
	readonly keepIf: ((span: EndedSpanLike) => boolean) | undefined;
}

/** So many reasons there are: what {@link rankOf} gives where there is none. */
export const noReason: number = keepReasons.length;

const errorStatus = 2;
const ofOutcome: Readonly<Record<string, KeepReason>> = {
	error: "error",
	timeout: "error",
	rejected: "rejected",
	interrupted: "interrupted",
	fallback: "fallback",
};

/** The place in {@link keepReasons} of what a span says of its trace. */
export function rankOf(span: EndedSpanLike, isLocalRoot: boolean, rules: KeepRules): number {
	const reason = reasonOf(span, isLocalRoot, rules);
	return reason === undefined ? noReason : keepReasons.indexOf(reason);
}

function reasonOf(span: EndedSpanLike, isLocalRoot: boolean, rules: KeepRules): KeepReason | undefined {
	const attributes = span.attributes as Readonly<Record<string, unknown>>;
	const { outcome } = attributes;
	const told = typeof outcome === "string" && Object.hasOwn(ofOutcome, outcome) ? ofOutcome[outcome] : undefined;
	if (told !== undefined) return told;
	if (span.status.code === errorStatus) return "error";
	if (isAbove(attributes["retry.attempt_count"], 1) || isAbove(attributes["http.request.resend_count"], 0)) {
		return "retried";
	}
	const costUsd = attributes["pipeline.cost.usd"];
	if (typeof costUsd === "number" && costUsd >= rules.expensiveUsd) return "expensive";
	if (isLocalRoot && span.duration[0] * 1e3 + span.duration[1] / 1e6 >= rules.slowMs) return "slow";
	return rules.keepIf !== undefined && isChosen(rules.keepIf, span) ? "chosen" : undefined;
}

function isAbove(value: unknown, limit: number): boolean {
	return typeof value === "number" && value > limit;
}

function isChosen(keepIf: (span: EndedSpanLike) => boolean, span: EndedSpanLike): boolean {
	try {
		return keepIf(span) === true;
	} catch (error) {
		telemetryFailed("keepIf", error);
		return false;
	}
}
