import type { Call, StageKind } from "../call.ts";
import { type Clock, systemClock } from "../clock.ts";
import { createCall } from "../create-call.ts";
import type { EventSink } from "../event.ts";
import type { Logger } from "../logger.ts";
import { knownOptions, nonEmptyName } from "../option.ts";
import { Pipeline } from "../pipeline.ts";

/** Options of {@link testCall}. */
export interface TestCallOptions {
	/** @default "stage" */
	readonly kind?: StageKind;
	/** @default "stage-under-test" */
	readonly name?: string;
	/** Arguments of the call. @default none */
	readonly input?: readonly unknown[];
	readonly signal?: AbortSignal;
	/** @default the machine's clock */
	readonly clock?: Clock;
	readonly sinks?: readonly EventSink[];
	readonly logger?: Logger;
}

/**
 * Makes a call as a stage would, to hand to a layer without a pipeline around it.
 *
 * **Throws** TypeError for an unknown option.
 *
 * @example
 * const answer = layerUnderTest((call) => call.input[0])(testCall({ input: ["hello"] }));
 */
export function testCall(options: TestCallOptions = {}): Call {
	knownOptions("testCall", options, ["kind", "name", "input", "signal", "clock", "sinks", "logger"]);
	const {
		kind = "stage",
		name = "stage-under-test",
		input = [],
		signal,
		clock = systemClock,
		sinks = [],
		logger,
	} = options;
	nonEmptyName("testCall: name", name);
	const pipeline = new Pipeline("pipeline-under-test", {
		logger,
		sinks,
		clock,
		capture: {},
		tracerProvider: undefined,
		meterProvider: undefined,
	});
	return createCall(Object.freeze({ kind, name, pipeline }), input, undefined, undefined, undefined, signal);
}
