import {
	knownOptions,
	listWithMethods,
	milliseconds,
	nonEmptyName,
	optionalBoolean,
	refuse,
	withMethods,
} from "@footlight/core/option";
import type { PinoLoggerOptions } from "@footlight/exporters/pino";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import type { Sampler } from "@opentelemetry/sdk-trace";
import { checkMetricsOptions, type MetricsOptions } from "./metrics/metrics-option.ts";
import type { RedactionOptions } from "./processor/redaction.ts";

/** Any span processor, of SDK 2 or 3 or of one's own making; methods are compared by name only. */
export interface AnySpanProcessor {
	onStart(span: never, parentContext: never): void;
	onEnding?(span: never): void;
	onEnd(span: never): void;
	forceFlush(): Promise<void>;
	shutdown(): Promise<void>;
}

/** Any log record processor. */
export interface AnyLogRecordProcessor {
	onEmit(record: never, context?: never): void;
	forceFlush(): Promise<void>;
	shutdown(): Promise<void>;
}

export interface TelemetryOptions {
	/** OTEL_SERVICE_NAME wins. @default the name in the nearest package.json */
	readonly serviceName?: string;
	/** @default the version in the nearest package.json */
	readonly serviceVersion?: string;
	/** Further attributes of the resource; OTEL_RESOURCE_ATTRIBUTES wins. */
	readonly resourceAttributes?: Readonly<Record<string, string | number | boolean>>;
	/** Instrumentations of libraries. @default none */
	readonly instrumentations?: readonly (Instrumentation | Instrumentation[])[];
	/** Further span processors; they run before redaction. */
	readonly spanProcessors?: readonly AnySpanProcessor[];
	/** Further log record processors; what they get is redacted, and what they add is redacted too. */
	readonly logRecordProcessors?: readonly AnyLogRecordProcessor[];
	/** OTEL_TRACES_SAMPLER wins. @default parentbased_always_on */
	readonly sampler?: Sampler;
	/** Hides secrets before anything is exported; `false` exports all as it is. @default true */
	readonly redact?: boolean | RedactionOptions;
	/** Where metrics are served, and which; `false` for none. OTEL_METRICS_EXPORTER wins. */
	readonly metrics?: false | MetricsOptions;
	/** Options of the pino logger; `false` for a silent one. */
	readonly logger?: PinoLoggerOptions | false;
	/** Draws each finished run as a tree on stderr. @default false */
	readonly console?: boolean;
	/** Longest a flush or shutdown may take, in milliseconds. @default 5_000 */
	readonly shutdownTimeoutMs?: number;
	/** Flushes on SIGTERM, SIGINT, an uncaught error and at the end of the program. @default true */
	readonly handleSignals?: boolean;
}

const known = [
	...["serviceName", "serviceVersion", "resourceAttributes", "instrumentations", "spanProcessors", "sampler"],
	...["logRecordProcessors", "redact", "metrics", "logger", "console", "shutdownTimeoutMs", "handleSignals"],
];

/** Refuses options that are unknown or of a wrong type; those of redaction and of the logger are checked there. */
export function checkTelemetryOptions(options: TelemetryOptions): void {
	const where = "startTelemetry";
	knownOptions(where, options, known);
	const { serviceName, serviceVersion, sampler, redact = true, logger = {} } = options;
	const { resourceAttributes = {}, instrumentations = [], spanProcessors = [], logRecordProcessors = [] } = options;
	if (serviceName !== undefined) nonEmptyName(`${where}: serviceName`, serviceName);
	if (serviceVersion !== undefined) nonEmptyName(`${where}: serviceVersion`, serviceVersion);
	optionalBoolean(`${where}: console`, options.console);
	optionalBoolean(`${where}: handleSignals`, options.handleSignals);
	if (options.shutdownTimeoutMs !== undefined) milliseconds(`${where}: shutdownTimeoutMs`, options.shutdownTimeoutMs);
	const flat = Array.isArray(instrumentations) ? instrumentations.flat() : instrumentations;
	listWithMethods(`${where}: instrumentations`, flat, ["enable", "disable"]);
	listWithMethods(`${where}: spanProcessors`, spanProcessors, ["onStart", "onEnd", "forceFlush", "shutdown"]);
	listWithMethods(`${where}: logRecordProcessors`, logRecordProcessors, ["onEmit", "forceFlush", "shutdown"]);
	if (sampler !== undefined) withMethods(`${where}: sampler`, sampler, ["shouldSample"]);
	checkMetricsOptions(`${where}: metrics`, options.metrics);
	if (typeof redact !== "boolean" && !isObject(redact)) {
		refuse(TypeError, `${where}: redact`, "true, false or options of redaction", redact);
	}
	if (logger !== false && (!isObject(logger) || "info" in logger)) {
		const cure = "options of pinoLogger or false (a logger of your own goes to footlight(name, { logger }))";
		refuse(TypeError, `${where}: logger`, cure, logger);
	}
	if (!isObject(resourceAttributes)) refuse(TypeError, `${where}: resourceAttributes`, "an object", resourceAttributes);
	for (const [name, value] of Object.entries(resourceAttributes)) {
		if (["string", "number", "boolean"].includes(typeof value)) continue;
		refuse(TypeError, `${where}: resourceAttributes: ${name}`, "a string, a number or a boolean", value);
	}
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
