import type { Attributes } from "@opentelemetry/api";
import type { Call } from "../call.ts";
import { emitEvent } from "../emit.ts";
import type { EventAttributes } from "../event.ts";
import { type Cell, cellOf } from "../telemetry/cells.ts";
import type { Instruments } from "../telemetry/instruments.ts";
import { telemetryFailed } from "../telemetry-failure.ts";
import type { Evaluation } from "./evaluation.ts";

/** Says of an evaluation what it gave: on the span, as the event of the conventions, and counted. */
export function announce(call: Call, flag: string, evaluation: Evaluation, provider: string | undefined): void {
	const { scope, definition } = call;
	if (scope.span !== undefined) scope.setAttributes(spanAttributes(flag, evaluation));
	emitEvent(call, "feature_flag.evaluation", eventAttributes(flag, evaluation, provider));
	try {
		const { instruments } = definition.pipeline;
		if (instruments !== undefined) cellFor(instruments, flag, evaluation, provider).value++;
	} catch (error) {
		telemetryFailed("metrics", error);
	}
}

function spanAttributes(flag: string, { value, variant, reason }: Evaluation): Attributes {
	return {
		"feature_flag.key": flag,
		"feature_flag.result.value": value,
		"feature_flag.result.reason": reason,
		...(variant !== undefined && { "feature_flag.result.variant": variant }),
	};
}

function eventAttributes(flag: string, evaluation: Evaluation, provider: string | undefined): EventAttributes {
	const { value, variant, reason, contextId, setId, version, errorType, errorMessage } = evaluation;
	return {
		"feature_flag.key": flag,
		// The conventions want the value if and only if there is no variant.
		...(variant !== undefined ? { "feature_flag.result.variant": variant } : { "feature_flag.result.value": value }),
		"feature_flag.result.reason": reason,
		...(provider !== undefined && { "feature_flag.provider.name": provider }),
		...(contextId !== undefined && { "feature_flag.context.id": contextId }),
		...(setId !== undefined && { "feature_flag.set.id": setId }),
		...(version !== undefined && { "feature_flag.version": version }),
		...(errorType !== undefined && { "error.type": errorType }),
		...(errorMessage !== undefined && { "feature_flag.error.message": errorMessage }),
	};
}

function cellFor(
	instruments: Instruments,
	flag: string,
	{ value, variant = String(value), reason, errorType }: Evaluation,
	provider: string | undefined,
): Cell {
	return cellOf(instruments, "pipeline.feature_flag.evaluations", {
		"feature_flag.key": flag,
		"feature_flag.result.variant": variant,
		"feature_flag.result.reason": reason,
		...(provider !== undefined && { "feature_flag.provider.name": provider }),
		...(errorType !== undefined && { "error.type": errorType }),
	});
}
