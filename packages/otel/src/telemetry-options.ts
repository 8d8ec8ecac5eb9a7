import type { PinoLoggerOptions } from "@footlight/exporters/pino";
import type { Instrumentation } from "@opentelemetry/instrumentation";
import type { Sampler } from "@opentelemetry/sdk-trace";
import { booleanOption, knownOptions, listOfOption, positiveIntegerOption, stringOption } from "./option.ts";
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
	...["logRecordProcessors", "redact", "logger", "console", "shutdownTimeoutMs", "handleSignals"],
];

/** Refuses options that are unknown or of a wrong type. */
export function checkTelemetryOptions(options: TelemetryOptions): void {
	const where = "startTelemetry";
	knownOptions(where, options, known);
	stringOption(`${where}: serviceName`, options.serviceName);
	stringOption(`${where}: serviceVersion`, options.serviceVersion);
	booleanOption(`${where}: console`, options.console);
	booleanOption(`${where}: handleSignals`, options.handleSignals);
	positiveIntegerOption(`${where}: shutdownTimeoutMs`, options.shutdownTimeoutMs);
	listOfOption(`${where}: instrumentations`, options.instrumentations, ["enable", "disable"]);
	listOfOption(`${where}: spanProcessors`, options.spanProcessors, ["onStart", "onEnd", "forceFlush", "shutdown"]);
	listOfOption(`${where}: logRecordProcessors`, options.logRecordProcessors, ["onEmit", "forceFlush", "shutdown"]);
	if (!["undefined", "boolean", "object"].includes(typeof options.redact) || options.redact === null) {
		throw new TypeError(
			`${where}: redact must be true, false or options of redaction, got ${JSON.stringify(options.redact)}`,
		);
	}
	if (options.sampler !== undefined && typeof options.sampler?.shouldSample !== "function") {
		throw new TypeError(`${where}: sampler must have a method shouldSample`);
	}
	if (options.resourceAttributes !== undefined) {
		for (const [name, value] of Object.entries(options.resourceAttributes)) {
			if (!["string", "number", "boolean"].includes(typeof value)) {
				throw new TypeError(
					`${where}: resourceAttributes: ${name} must be a string, a number or a boolean, got ${typeof value}`,
				);
			}
		}
	}
}
