import { checkCapture } from "./capture.ts";
import { systemClock } from "./clock.ts";
import { priceBooks } from "./cost/price-usage.ts";
import type { FootlightOptions } from "./light.ts";
import { checkLogger } from "./logger.ts";
import { knownOptions, listWithMethods, optionalFunction, withMethods } from "./option.ts";
import { Pipeline } from "./pipeline.ts";

const known = ["use", "logger", "sinks", "capture", "tracerProvider", "meterProvider", "clock", "prices", "onCharge"];

/** Checks the options that all stages of a pipeline share, and makes of them what the stages look at. */
export function createPipeline(name: string, options: FootlightOptions): Pipeline {
	knownOptions("footlight", options, known);
	const {
		logger,
		sinks = [],
		capture,
		tracerProvider,
		meterProvider,
		clock = systemClock,
		prices = [],
		onCharge,
	} = options;
	if (logger !== undefined) checkLogger("footlight: logger", logger);
	listWithMethods("footlight: sinks", sinks, ["tryEmit"]);
	checkCapture("footlight: capture", capture);
	if (tracerProvider !== undefined) withMethods("footlight: tracerProvider", tracerProvider, ["getTracer"]);
	if (meterProvider !== undefined) withMethods("footlight: meterProvider", meterProvider, ["getMeter"]);
	withMethods("footlight: clock", clock, ["now", "monotonicMs", "sleep"]);
	optionalFunction("footlight: onCharge", onCharge);
	return new Pipeline(name, {
		...{ logger, sinks: [...sinks], clock, capture: { ...capture } },
		...{ tracerProvider, meterProvider, onCharge, prices: priceBooks("footlight: prices", prices) },
	});
}
