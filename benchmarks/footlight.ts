import { footlight, ownPrices } from "@footlight/core";
import type { Metering } from "./meter.ts";
import { complete, priceTable, request, usdPerAnswer } from "./model.ts";
import { logger } from "./sink.ts";
import { type Stage, type Subject, work } from "./work.ts";

/** A stage of Footlight with all it records, on either provider of meters. */
export function fullStage({ meterProvider, total }: Metering): Required<Subject> {
	const stage: Stage = footlight("benchmark", { logger, meterProvider }).stage("work", work);
	return { default: stage, recorded: async () => ({ durations: await total("pipeline.stage.duration") }) };
}

/** The same around a model, with prices. */
export function costStage({ meterProvider, total }: Metering): Required<Subject> {
	const light = footlight("benchmark", { logger, meterProvider, prices: ownPrices(priceTable) });
	const ask = light.stage("ask", complete, { kind: "model", provider: "openai" });
	return {
		default: () => ask(request),
		recorded: async () => ({
			durations: await total("pipeline.stage.duration"),
			prices: (await total("pipeline.cost.usd")) / usdPerAnswer,
		}),
	};
}
