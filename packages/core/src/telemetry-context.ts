import type { Context } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import { withContext } from "./context.ts";

// The SDK's own key; keys of one description are one and the same, which is how its instrumentations share it too.
const suppressed = api.createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");
const quiet = api.ROOT_CONTEXT.setValue(suppressed, true);

/** Runs what delivers telemetry: it belongs to no call, and nothing that it does is made telemetry of. */
export function withoutTelemetry<R>(work: () => R): R {
	return withContext(quiet, work, undefined);
}

/** True in the context of what delivers telemetry. */
export function isWithoutTelemetry(context: Context): boolean {
	return context.getValue(suppressed) === true;
}
