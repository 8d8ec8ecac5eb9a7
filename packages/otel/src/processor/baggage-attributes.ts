import { knownOptions, positiveInteger, refuse, stringList } from "@footlight/core/option";
import { type Context, propagation } from "@opentelemetry/api";
import type { SpanProcessorLike } from "./span-shape.ts";

export interface BaggageAttributesOptions {
	/** Baggage entries that become attributes; all others stay out, since baggage comes from other services. */
	readonly keys: readonly string[];
	/** Longest value taken over; a longer one is cut. @default 256 */
	readonly maxValueLength?: number;
}

/**
 * Puts allowed baggage entries on every span as attributes of the same name, so that what a caller said about the
 * request can be searched for in this service too.
 *
 * @example startTelemetry({ spanProcessors: [baggageAttributes({ keys: ["session.id", "tenant.id"] })] });
 */
export function baggageAttributes(options: BaggageAttributesOptions): SpanProcessorLike {
	knownOptions("baggageAttributes", options, ["keys", "maxValueLength"]);
	const { keys, maxValueLength = 256 } = options;
	if (stringList("baggageAttributes: keys", keys).length === 0) {
		refuse(RangeError, "baggageAttributes: keys", "an array of at least one entry", keys);
	}
	positiveInteger("baggageAttributes: maxValueLength", maxValueLength);
	return {
		onStart(span, parentContext) {
			const baggage = propagation.getBaggage(parentContext as Context);
			if (baggage === undefined) return;
			for (const key of keys) {
				const value = baggage.getEntry(key)?.value;
				if (value !== undefined) {
					(span as { setAttribute(key: string, value: string): void }).setAttribute(
						key,
						value.slice(0, maxValueLength),
					);
				}
			}
		},
		onEnding() {},
		onEnd() {},
		forceFlush: () => Promise.resolve(),
		shutdown: () => Promise.resolve(),
	};
}
