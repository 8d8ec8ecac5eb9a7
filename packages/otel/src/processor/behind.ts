import { telemetryFailed } from "@footlight/core";
import type { SpanLike, SpanProcessorLike } from "./span-shape.ts";

/** A span processor of either SDK line, as one is given. */
export type GivenSpanProcessor = Omit<SpanProcessorLike, "onEnding"> & Partial<Pick<SpanProcessorLike, "onEnding">>;

/** Several processors as one: what one of them throws reaches neither the others nor whoever ends a span. */
export function behind(processors: readonly GivenSpanProcessor[]): SpanProcessorLike {
	const each = (work: (processor: GivenSpanProcessor) => void): void => {
		for (const processor of processors) {
			try {
				work(processor);
			} catch (error) {
				telemetryFailed("span processor", error);
			}
		}
	};
	const all = async (work: (processor: GivenSpanProcessor) => Promise<void>): Promise<void> => {
		await Promise.all(
			processors.map(async (processor) => {
				try {
					await work(processor);
				} catch (error) {
					telemetryFailed("span processor", error);
				}
			}),
		);
	};
	return {
		onStart: (span, parentContext) => each((processor) => processor.onStart(span, parentContext)),
		onEnding: (span: SpanLike) => each((processor) => processor.onEnding?.(span)),
		onEnd: (span: SpanLike) => each((processor) => processor.onEnd(span)),
		forceFlush: () => all((processor) => processor.forceFlush()),
		shutdown: () => all((processor) => processor.shutdown()),
	};
}
