import type { TracerProvider } from "@opentelemetry/api";
import { checkCapture } from "./capture.ts";
import { systemClock } from "./clock.ts";
import type { EventSink } from "./event.ts";
import type { FootlightOptions } from "./light.ts";
import { checkLogger } from "./logger.ts";
import { knownOptions, show } from "./option.ts";
import { Pipeline } from "./pipeline.ts";

const known = ["use", "logger", "sinks", "capture", "tracerProvider", "clock"];

/** Checks the options that all stages of a pipeline share, and makes of them what the stages look at. */
export function createPipeline(name: string, options: FootlightOptions): Pipeline {
	knownOptions("footlight", options, known);
	const { logger, sinks = [], capture, tracerProvider, clock = systemClock } = options;
	if (logger !== undefined) checkLogger("footlight: logger", logger);
	if (!Array.isArray(sinks))
		throw new TypeError(`footlight: sinks must be an array of event sinks, got ${show(sinks)}`);
	for (const [index, sink] of (sinks as readonly (Partial<EventSink> | null)[]).entries()) {
		if (typeof sink?.tryEmit !== "function")
			throw new TypeError(`footlight: sinks[${index}] must have a method tryEmit(event), got ${show(sink)}`);
	}
	checkCapture("footlight: capture", capture);
	if (
		tracerProvider !== undefined &&
		typeof (tracerProvider as Partial<TracerProvider> | null)?.getTracer !== "function"
	) {
		throw new TypeError(`footlight: tracerProvider must have a method getTracer(name), got ${show(tracerProvider)}`);
	}
	return new Pipeline(name, { logger, sinks: [...sinks], clock, capture: { ...capture }, tracerProvider });
}
