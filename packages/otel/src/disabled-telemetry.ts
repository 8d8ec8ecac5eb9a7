import { createLogger } from "./create-logger.ts";
import { noDelivery } from "./delivery.ts";
import { markDisabled } from "./disabled.ts";
import { unscrapedMetrics } from "./metrics/telemetry-metrics.ts";
import type { FlushReport, SignalDescription, Telemetry } from "./telemetry.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

const report: FlushReport = { ok: true, timedOut: false, spans: noDelivery, logs: noDelivery, problems: [] };
const nowhere: SignalDescription = { exporters: [], endpoint: undefined, protocol: undefined };

/** Telemetry that is turned off: a logger that writes its lines, and nothing else. */
export function disabledTelemetry(options: TelemetryOptions): Telemetry {
	const logger = createLogger(options, options.serviceName);
	markDisabled(true);
	let state: Telemetry["state"] = "disabled";
	const telemetry: Telemetry = {
		logger,
		metrics: unscrapedMetrics([], "OTEL_SDK_DISABLED is true"),
		get state() {
			return state;
		},
		flush: async () => report,
		async shutdown() {
			state = "stopped";
		},
		[Symbol.asyncDispose]: () => telemetry.shutdown(),
		describe: () => ({
			...{ state, resource: {}, traces: nowhere, logs: nowhere, sampler: "none" },
			metrics: { ...nowhere, url: undefined, problem: undefined },
			...{ redaction: false, instrumentations: [], loadedTooEarly: [] },
		}),
	};
	return telemetry;
}
