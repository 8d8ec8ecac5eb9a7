import { createLogger } from "./create-logger.ts";
import { within } from "./deadline.ts";
import { describeTelemetry } from "./describe-telemetry.ts";
import { hookExit } from "./exit-hook.ts";
import { exportReport } from "./export-report.ts";
import { endStreams, flusher } from "./flusher.ts";
import { modulesLoadedTooEarly } from "./loaded-module.ts";
import { logRecordProcessorsInOrder, spanProcessorsInOrder } from "./processor-order.ts";
import { createResource } from "./resource.ts";
import { logPipeline, tracePipeline } from "./signal-pipeline.ts";
import { startSdk } from "./start-sdk.ts";
import type { Telemetry } from "./telemetry.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

/** Puts everything together: options and environment to processors, SDK, logger and exit hooks. */
export function runningTelemetry(options: TelemetryOptions): Telemetry {
	const { shutdownTimeoutMs = 5_000, handleSignals = true } = options;
	const instrumentations = (options.instrumentations ?? []).flat();
	const loadedTooEarly = modulesLoadedTooEarly(instrumentations);
	const report = exportReport();
	const traces = tracePipeline(report);
	const records = logPipeline(report);
	const processors = {
		spans: spanProcessorsInOrder(options, traces.processors),
		logs: logRecordProcessorsInOrder(options, records.processors),
	};
	const resource = createResource(options);
	// Before the SDK, so that options the logger refuses leave nothing started.
	const logger = createLogger(options, resource.attributes["service.name"]);
	const sdk = startSdk({ resource, instrumentations, processors, sampler: options.sampler });

	const { flush, flushNow, hasNews } = flusher({
		processors: [...processors.spans, ...processors.logs],
		spans: traces.delivery,
		logs: records.delivery,
		report,
		deadlineMs: shutdownTimeoutMs,
	});
	const unhook = handleSignals ? hookExit({ endStreams, flush, flushNow, hasNews }) : () => {};

	let stopping: Promise<void> | undefined;
	async function stop(): Promise<void> {
		endStreams();
		await flush();
		await sdk.shutdown();
	}

	const telemetry: Telemetry = {
		logger,
		get state() {
			return stopping === undefined ? "running" : "stopped";
		},
		flush,
		shutdown() {
			stopping ??= within(shutdownTimeoutMs, stop()).then(unhook);
			return stopping;
		},
		[Symbol.asyncDispose]: () => telemetry.shutdown(),
		describe: () => ({
			...{ state: telemetry.state, loadedTooEarly },
			...describeTelemetry({ options, resource, traces, logs: records, instrumentations }),
		}),
	};
	return telemetry;
}
