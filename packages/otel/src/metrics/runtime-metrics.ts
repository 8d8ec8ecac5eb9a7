import type { Instrumentation } from "@opentelemetry/instrumentation";
import { RuntimeNodeInstrumentation } from "@opentelemetry/instrumentation-runtime-node";
import { isInstrumentationChosen } from "../chosen-instrumentation.ts";
import { instrumentationName } from "../loaded-module.ts";

const packageName = "@opentelemetry/instrumentation-runtime-node";

/**
 * Measures event loop, heap and garbage collection; undefined where somebody does already, or does not want it
 * (OTEL_NODE_DISABLED_INSTRUMENTATIONS=runtime-node).
 */
export function runtimeMetrics(given: readonly Instrumentation[]): Instrumentation | undefined {
	if (given.some((each) => instrumentationName(each) === packageName)) return undefined;
	return isInstrumentationChosen("runtime-node") ? new RuntimeNodeInstrumentation() : undefined;
}
