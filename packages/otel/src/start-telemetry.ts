// The one place where everything is put together: options and environment to processors, SDK, logger and exit hooks.
import { isDeepStrictEqual } from "node:util";
import { endAbandonedStreams } from "@footlight/core";
import { consoleExporter } from "@footlight/exporters/console";
import { pinoLogger } from "@footlight/exporters/pino";
import { context, logs, metrics, propagation, trace } from "@opentelemetry/api";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import type { LogRecordProcessor } from "@opentelemetry/sdk-logs";
import { NodeSDK } from "@opentelemetry/sdk-node";
import type { SpanProcessor } from "@opentelemetry/sdk-trace";
import { within } from "./deadline.ts";
import type { Delivery, DeliveryCounts } from "./delivery.ts";
import { exportAtExit } from "./exit-export.ts";
import { hookExit } from "./exit-hook.ts";
import { exportReport } from "./export-report.ts";
import { instrumentationName, modulesLoadedTooEarly } from "./loaded-module.ts";
import { redaction, redactionForLogs } from "./processor/redaction.ts";
import { registeredProvider } from "./provider.ts";
import { createResource } from "./resource.ts";
import { keepStarted, startedTelemetry } from "./running-telemetry.ts";
import { logPipeline, type SignalPipeline, tracePipeline } from "./signal-pipeline.ts";
import type { FlushReport, SignalDescription, Telemetry } from "./telemetry.ts";
import { checkTelemetryOptions, type TelemetryOptions } from "./telemetry-options.ts";
import { warn, warnAtExit } from "./warning.ts";

/** Read by core, which then does not warn of a missing provider. */
const disabledOnPurpose = Symbol.for("footlight.telemetry.disabled");
const shared = globalThis as { [disabledOnPurpose]?: boolean };

/**
 * Starts OpenTelemetry for an application: traces and logs over OTLP, secrets redacted, everything flushed at the end.
 *
 * The standard OTEL_* variables win over options. A second call returns what the first one started. Metrics are sent
 * only when OTEL_METRICS_EXPORTER says so. While no collector answers, one warning says so, with the address; the
 * application goes on.
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

function isDisabled(): boolean {
	return process.env.OTEL_SDK_DISABLED?.trim().toLowerCase() === "true";
}

/** Lets a second start, after a shutdown, register its own providers. */
function releaseGlobals(): void {
	for (const api of [trace, context, propagation, metrics, logs]) api.disable();
	shared[disabledOnPurpose] = false;
}

const nothing: DeliveryCounts = { delivered: 0, failed: 0, pending: 0 };
const nowhere: SignalDescription = { exporters: [], endpoint: undefined, protocol: undefined };

function createLogger(options: TelemetryOptions, serviceName: unknown) {
	if (options.logger === false) return pinoLogger({ level: "silent", otlp: false });
	return pinoLogger({ ...(typeof serviceName === "string" && { name: serviceName }), ...options.logger });
}

function disabledTelemetry(options: TelemetryOptions): Telemetry {
	shared[disabledOnPurpose] = true;
	const report: FlushReport = { ok: true, timedOut: false, spans: nothing, logs: nothing, problems: [] };
	let state: Telemetry["state"] = "disabled";
	const telemetry: Telemetry = {
		logger: createLogger(options, options.serviceName),
		get state() {
			return state;
		},
		flush: async () => report,
		async shutdown() {
			state = "stopped";
		},
		[Symbol.asyncDispose]: () => telemetry.shutdown(),
		describe: () => ({
			...{ state, resource: {}, traces: nowhere, logs: nowhere, metrics: { exporters: [] }, sampler: "none" },
			...{ redaction: false, instrumentations: [], loadedTooEarly: [] },
		}),
	};
	return telemetry;
}

function runningTelemetry(options: TelemetryOptions): Telemetry {
	const { redact = true, shutdownTimeoutMs = 5_000, handleSignals = true } = options;
	const instrumentations = (options.instrumentations ?? []).flat() as Instrumentation[];
	const loadedTooEarly = modulesLoadedTooEarly(instrumentations);
	const report = exportReport();
	const traces = tracePipeline(report);
	const records = logPipeline(report);
	const spanProcessors = allSpanProcessors(options, traces.processors);
	const logRecordProcessors = allLogRecordProcessors(options, records.processors);
	const resource = createResource({
		serviceName: options.serviceName,
		serviceVersion: options.serviceVersion,
		attributes: options.resourceAttributes ?? {},
		redact: redact !== false,
	});
	const metricExporters = metricExporterNames();
	warnOfForeignProvider();
	const sdk = new NodeSDK({
		...{ resource, autoDetectResources: false, instrumentations, spanProcessors, logRecordProcessors },
		...(options.sampler !== undefined && !process.env.OTEL_TRACES_SAMPLER && { sampler: options.sampler }),
		// Left to itself NodeSDK sends metrics over OTLP, asked or not.
		...(metricExporters.length === 0 && { metricReaders: [] }),
	});
	sdk.start();
	// Without a processor there is no provider: nobody wants spans, and core need not ask for one.
	shared[disabledOnPurpose] = spanProcessors.length === 0;

	let state: Telemetry["state"] = "running";
	let seen = 0;
	let outOfTime = false;
	const deliveries = [traces.delivery, records.delivery].filter((each) => each !== undefined);
	const added = () => deliveries.reduce((sum, each) => sum + each.added, 0);
	const pending = () => deliveries.reduce((sum, each) => sum + each.counts().pending, 0);

	async function deliver(): Promise<void> {
		// A batch processor asked to flush while it is flushing answers at once: ask again while there is progress.
		for (let before = Number.POSITIVE_INFINITY; pending() < before; ) {
			before = pending();
			const processors = [...spanProcessors, ...logRecordProcessors];
			await Promise.allSettled([...processors.map((each) => each.forceFlush()), flushMetrics()]);
			await Promise.allSettled(deliveries.map((each) => each.settled()));
			if (before === 0) return;
		}
	}

	async function flush(): Promise<FlushReport> {
		seen = added();
		const inTime = await within(shutdownTimeoutMs, deliver());
		outOfTime = !inTime;
		const counts = { spans: traces.delivery?.counts() ?? nothing, logs: records.delivery?.counts() ?? nothing };
		const problems = report.problems();
		return { ok: inTime && problems.length === 0 && pending() === 0, timedOut: !inTime, ...counts, problems };
	}

	function flushNow(): void {
		endStreams();
		if (outOfTime && added() === seen) return;
		const spans = leftOf(traces.delivery);
		const lines = leftOf(records.delivery);
		if (spans === undefined && lines === undefined) return;
		const outcome = exportAtExit(spans, lines, shutdownTimeoutMs);
		if (outcome === "delivered") return;
		const where = [...new Set([spans, lines].flatMap((each) => each?.target.url ?? []))].join(" and ");
		const what = `${spans?.items.length ?? 0} spans and ${lines?.items.length ?? 0} log records`;
		warnAtExit("FOOTLIGHT_EXPORT_FAILED", `${what} could not be delivered to ${where} before the exit (${outcome}).`);
	}

	const unhook = handleSignals
		? hookExit({
				flush: async () => !(await flush()).timedOut,
				flushNow: () => quietly(flushNow),
				hasNews() {
					endStreams();
					return added() > seen && pending() > 0;
				},
				beforeSignalFlush: endStreams,
			})
		: () => {};

	const telemetry: Telemetry = {
		logger: createLogger(options, resource.attributes["service.name"]),
		get state() {
			return state;
		},
		flush,
		async shutdown() {
			if (state === "stopped") return;
			state = "stopped";
			endStreams();
			await flush();
			await within(shutdownTimeoutMs, sdk.shutdown());
			unhook();
		},
		[Symbol.asyncDispose]: () => telemetry.shutdown(),
		describe: () => ({
			state,
			resource: { ...resource.attributes },
			traces: describeSignal(traces),
			logs: describeSignal(records),
			metrics: { exporters: metricExporters },
			sampler: describeSampler(options),
			redaction: redact !== false,
			instrumentations: instrumentations.map(instrumentationName),
			loadedTooEarly,
		}),
	};
	return telemetry;
}

/** Redaction comes last among the editors, so that it sees what the others add, and before all that export. */
function allSpanProcessors(options: TelemetryOptions, exporting: readonly SpanProcessor[]): SpanProcessor[] {
	const { redact = true, spanProcessors = [], console = false } = options;
	const drawn = console ? [consoleExporter()] : [];
	const all = [...spanProcessors, ...drawn, ...exporting] as unknown as SpanProcessor[];
	if (all.length === 0 || redact === false) return all;
	return [...all, redaction(redact === true ? {} : redact)];
}

function allLogRecordProcessors(
	options: TelemetryOptions,
	exporting: readonly LogRecordProcessor[],
): LogRecordProcessor[] {
	const { redact = true, logRecordProcessors = [] } = options;
	const own = logRecordProcessors as unknown as readonly LogRecordProcessor[];
	if (redact === false) return [...own, ...exporting];
	const redacting = redactionForLogs(redact === true ? {} : redact);
	// Twice where the user's own stand between: they may export, and they may add.
	return own.length === 0 ? [redacting, ...exporting] : [redacting, ...own, redacting, ...exporting];
}

function metricExporterNames(): string[] {
	const names = (process.env.OTEL_METRICS_EXPORTER ?? "").split(",").map((name) => name.trim());
	return names.includes("none") ? [] : names.filter((name) => name === "otlp" || name === "console");
}

async function flushMetrics(): Promise<void> {
	await (metrics.getMeterProvider() as { forceFlush?: () => Promise<void> }).forceFlush?.();
}

function leftOf<Item extends object>(from: Delivery<Item> | undefined) {
	if (from === undefined || from.unreachable) return undefined;
	const items = from.pending();
	return items.length === 0 ? undefined : { target: from.target, items };
}

function endStreams(): void {
	quietly(endAbandonedStreams);
}

function quietly(work: () => void): void {
	try {
		work();
	} catch (error) {
		warnAtExit("FOOTLIGHT_TELEMETRY_FAILED", `the last flush failed (${error}); the process ends as it would have.`);
	}
}

function warnOfForeignProvider(): void {
	const foreign = registeredProvider();
	if (foreign === undefined) return;
	warn(
		"FOOTLIGHT_FOREIGN_PROVIDER",
		`another tracer provider (${foreign.constructor.name}) is registered already and keeps getting the spans; ` +
			"startTelemetry() must run first, or give its processors to that provider.",
	);
}

function describeSignal(pipeline: SignalPipeline<unknown, object>): SignalDescription {
	const { target } = pipeline.delivery ?? {};
	return { exporters: pipeline.exporters, endpoint: target?.url, protocol: target?.protocol };
}

function describeSampler({ sampler }: TelemetryOptions): string {
	const name = process.env.OTEL_TRACES_SAMPLER?.trim();
	if (name) {
		const ratio = process.env.OTEL_TRACES_SAMPLER_ARG?.trim();
		return name.includes("ratio") ? `${name} ${ratio ?? "1"}` : name;
	}
	return sampler?.toString() ?? "parentbased_always_on";
}
