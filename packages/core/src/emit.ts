import type { Attributes, AttributeValue, Context, LogRecord } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import type { Call } from "./call.ts";
import { type Clock, readNow } from "./clock.ts";
import { activeContext } from "./context.ts";
import { deliver } from "./deliver.ts";
import type { EventAttributes, FootlightEvent } from "./event.ts";
import type { EventName } from "./telemetry/event-catalogue.ts";
import { isWithoutTelemetry } from "./telemetry-context.ts";
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
 *
 * @param given - what the event says, or what makes that where somebody listens
 */
export function emitEvent(
	call: Call,
	name: string,
	given: EventAttributes | (() => EventAttributes) | undefined,
): void {
	try {
		const { scope } = call;
		const { pipeline } = call.definition;
		const span = scope.span?.isRecording() ? scope.span : undefined;
		const logger = eventLogger(name);
		if (span === undefined && logger === undefined && pipeline.sinks.length === 0) return;
		const context = activeContext();
		// What delivers events would otherwise be told of its own failures to deliver them, for ever.
		if (isWithoutTelemetry(context)) return;
		const timeMs = readNow(call.clock);
		const attributes: Attributes = { ...simple(typeof given === "function" ? given() : given), ...scope.correlation() };
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
		if (logger !== undefined) log(logger, name, attributes, timeMs, context);
	} catch (error) {
		telemetryFailed("event", error);
	}
}

/** Emits an event of what belongs to no call: as a log record only. */
export function emitDetachedEvent(clock: Clock, name: EventName, attributes: () => EventAttributes): void {
	try {
		const logger = eventLogger(name);
		if (logger === undefined) return;
		const context = activeContext();
		if (!isWithoutTelemetry(context)) log(logger, name, simple(attributes()), readNow(clock), context);
	} catch (error) {
		telemetryFailed("event", error);
	}
}

function log(
	logger: EventLogger,
	eventName: string,
	attributes: Attributes,
	timestamp: number,
	context: Context,
): void {
	logger.emit({ eventName, timestamp, severityNumber: informational, attributes, context });
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
