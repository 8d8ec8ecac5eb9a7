import { isDeepStrictEqual } from "node:util";
import { warn } from "@footlight/core";
import { context, logs, metrics, propagation, trace } from "@opentelemetry/api";
import { isDisabled } from "./disabled.ts";
import { disabledTelemetry } from "./disabled-telemetry.ts";
import { runningTelemetry } from "./running-telemetry.ts";
import { keepStarted, startedTelemetry } from "./started-telemetry.ts";
import type { Telemetry } from "./telemetry.ts";
import { checkTelemetryOptions, type TelemetryOptions } from "./telemetry-options.ts";

/**
 * Starts OpenTelemetry for an application: traces and logs over OTLP, metrics on a port that Prometheus scrapes, secrets
 * redacted, everything flushed at the end.
 *
 * The standard OTEL_* variables win over options. A second call returns what the first one started. While no collector
 * answers, or the port of metrics is taken, one warning says so, with the address; the application goes on.
 *
 * **Throws** TypeError or RangeError for options that are unknown or wrong.
 *
 * @example
 * const telemetry = startTelemetry({ serviceName: "docs-qa" });
 * const light = footlight("docs-qa", { logger: telemetry.logger });
 */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
	checkTelemetryOptions(options);
	const before = startedTelemetry();
	if (before !== undefined && before.telemetry.state !== "stopped") {
		const differs = Object.keys(options).length > 0 && !isDeepStrictEqual(options, before.options);
		if (differs && !before.warned) {
			before.warned = true;
			warn(
				"FOOTLIGHT_TELEMETRY_STARTED_TWICE",
				"startTelemetry was called again with other options; telemetry runs on with those of the first call.",
			);
		}
		return before.telemetry;
	}
	if (before !== undefined) releaseGlobals();
	const telemetry = isDisabled() ? disabledTelemetry(options) : runningTelemetry(options);
	keepStarted(telemetry, options);
	return telemetry;
}

/** Lets a second start, after a shutdown, register its own providers. */
function releaseGlobals(): void {
	for (const api of [trace, context, propagation, metrics, logs]) api.disable();
}
