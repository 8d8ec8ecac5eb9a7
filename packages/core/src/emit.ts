import type { Attributes, AttributeValue, LogRecord } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import type { Call } from "./call.ts";
import { readNow } from "./clock.ts";
import { activeContext } from "./context.ts";
import { deliver } from "./deliver.ts";
import type { EventAttributes, FootlightEvent } from "./event.ts";
import { telemetryFailed } from "./telemetry-failure.ts";
import { version } from "./version.ts";

const informational = 9;

interface EventLogger {
	emit(record: LogRecord): void;
	enabled?(options?: object): boolean;
}

/**
 * Emits an event: as a log record with an event name, as a span event (Jaeger shows those), and to the pipeline's sinks.
 *
 * Where nobody listens nothing is built; whatever a listener does, the caller goes on.
 */
export function emitEvent(call: Call, name: string, given: EventAttributes | undefined): void {
	try {
		const { scope } = call;
		const { pipeline } = call.definition;
		const span = scope.span?.isRecording() ? scope.span : undefined;
		const logger = eventLogger(name);
		if (span === undefined && logger === undefined && pipeline.sinks.length === 0) return;
		const timeMs = readNow(call.clock);
		const attributes: Attributes = { ...simple(given), ...scope.correlation() };
		if (pipeline.sinks.length > 0) {
			const { spanContext } = scope;
			const event: FootlightEvent = {
				name,
				timeMs,
				attributes,
				...(spanContext && { traceId: spanContext.traceId, spanId: spanContext.spanId }),
			};
			for (const sink of pipeline.sinks) deliver("sink", sink, () => sink.tryEmit(event));
		}
		span?.addEvent(name, attributes, timeMs);
		logger?.emit({
			eventName: name,
			timestamp: timeMs,
			severityNumber: informational,
			attributes,
			context: activeContext(),
		});
	} catch (error) {
		telemetryFailed("event", error);
	}
}

/** Span events take plain values only; anything else is turned into text rather than dropped. */
function simple(given: EventAttributes | undefined): Attributes {
	const attributes: Attributes = {};
	for (const key of Object.keys(given ?? {})) {
		try {
			const value: unknown = given?.[key];
			if (value !== undefined && value !== null) attributes[key] = simpleValue(value);
		} catch {
			attributes[key] = "[not readable]";
		}
	}
	return attributes;
}

function simpleValue(value: NonNullable<unknown>): AttributeValue {
	switch (typeof value) {
		case "string":
		case "number":
		case "boolean":
			return value;
		case "object":
			if (Array.isArray(value) && value.every((item) => typeof item === "string")) return [...value];
			return JSON.stringify(value) ?? String(value);
		default:
			return String(value);
	}
}

let oldLogsApi: { getLogger(name: string, version: string): EventLogger } | null | undefined;

/** A logger of the Logs API, if a provider takes events; the API is in `@opentelemetry/api` from 1.10 on, a package of its own before. */
function eventLogger(eventName: string): EventLogger | undefined {
	let logs: typeof oldLogsApi = (api as { logs?: typeof api.logs }).logs;
	if (logs === undefined) {
		if (oldLogsApi === undefined) oldLogsApi = loadOldLogsApi();
		logs = oldLogsApi;
	}
	const logger = logs?.getLogger("@footlight/core", version);
	return logger?.enabled?.({ eventName, severityNumber: informational }) === false ? undefined : logger;
}

function loadOldLogsApi(): typeof oldLogsApi {
	try {
		const load = globalThis.process?.getBuiltinModule?.("node:module").createRequire(import.meta.url);
		return load === undefined ? null : (load("@opentelemetry/api-logs").logs ?? null);
	} catch {
		return null; // The peer is optional: events still go to spans and sinks.
	}
}
