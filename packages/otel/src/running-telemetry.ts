import { createLogger } from "./create-logger.ts";
import { within } from "./deadline.ts";
import { describeTelemetry } from "./describe-telemetry.ts";
import { hookExit } from "./exit-hook.ts";
import { exportReport } from "./export-report.ts";
import { endStreams, flusher } from "./flusher.ts";
import { modulesLoadedTooEarly } from "./loaded-module.ts";
import { metricPipeline } from "./metrics/metric-pipeline.ts";
import { logRecordProcessorsInOrder, ownItems, spanProcessorsInOrder } from "./processor-order.ts";
import { createResource } from "./resource.ts";
import { logPipeline, tracePipeline } from "./signal-pipeline.ts";
import { startSdk } from "./start-sdk.ts";
import type { Telemetry } from "./telemetry.ts";
import type { TelemetryOptions } from "./telemetry-options.ts";

/** Puts everything together: options and environment to processors, SDK, logger and exit hooks. */
export function runningTelemetry(options: TelemetryOptions): Telemetry {
	const { shutdownTimeoutMs = 5_000, handleSignals = true } = options;
	const given = (options.instrumentations ?? []).flat();
	const loadedTooEarly = modulesLoadedTooEarly(given);
	const report = exportReport();
	const traces = tracePipeline(report);
	const records = logPipeline(report);
	const own = ownItems(options);
	const processors = {
		spans: spanProcessorsInOrder(options, [...own.spanProcessors, ...traces.processors]),
		logs: logRecordProcessorsInOrder(options, [...own.logRecordProcessors, ...records.processors]),
	};
	const resource = createResource(options);
	// Before the SDK, so that options the logger refuses leave nothing started.
	const logger = createLogger(options, resource.attributes["service.name"]);
	const metrics = metricPipeline({ options: options.metrics, instrumentations: given, resource, report });
	const instrumentations = [...given, ...metrics.instrumentations];
	metrics.register();
	const { readers: metricReaders } = metrics;
	const sdk = startSdk({ resource, instrumentations, processors, metricReaders, sampler: options.sampler });
	metrics.listen();

	const { flush, flushNow, takeNews } = flusher({
		processors: [...processors.spans, ...processors.logs],
		spans: traces.delivery,
		logs: records.delivery,
		own,
		metrics,
		report,
		deadlineMs: shutdownTimeoutMs,
	});
	const unhook = handleSignals ? hookExit({ endStreams, flush, flushNow, takeNews }) : () => {};

	let stopping: Promise<void> | undefined;
	async function stop(): Promise<void> {
		endStreams();
		await flush();
		await Promise.allSettled([sdk.shutdown(), metrics.shutdown()]);
	}

	const telemetry: Telemetry = {
		logger,
		metrics: metrics.metrics,
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
			...describeTelemetry({ options, resource, traces, logs: records, metrics, instrumentations }),
		}),
	};
	return telemetry;
}
