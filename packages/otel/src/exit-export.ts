import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { OtlpTarget } from "./otlp-target.ts";

/** What the worker gets: plain data only, since spans and records are class instances. */
export interface ExitShipment {
	/** Marks the worker, so that `register` does not start telemetry inside it. */
	readonly footlightExit: true;
	/** Set to 1 and woken when everything was answered; [1] counts failures. */
	readonly progress: Int32Array;
	readonly spans?: { readonly target: OtlpTarget; readonly items: readonly object[] } | undefined;
	readonly logs?: { readonly target: OtlpTarget; readonly items: readonly object[] } | undefined;
}

/**
 * Delivers what is left while the process is ending, and returns when it is done or the deadline has passed.
 *
 * In an `exit` event nothing asynchronous runs any more: not after `process.exit()`, not after an uncaught error. So a
 * worker thread with the same exporters sends, and this thread waits for it. The way the process ends (its code, and
 * what Node prints of the error) stays Node's own.
 */
export function exportAtExit(
	spans: { readonly target: OtlpTarget; readonly items: readonly ReadableSpan[] } | undefined,
	logs: { readonly target: OtlpTarget; readonly items: readonly ReadableLogRecord[] } | undefined,
	deadlineMs: number,
): "delivered" | "failed" | "timed out" {
	const file = new URL(`./exit-export-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
	if (!existsSync(file)) return "failed"; // bundled without its worker
	const progress = new Int32Array(new SharedArrayBuffer(8));
	const shipment: ExitShipment = {
		footlightExit: true,
		progress,
		spans: spans && { target: spans.target, items: spans.items.map(plainSpan) },
		logs: logs && { target: logs.target, items: logs.items.map(plainLog) },
	};
	// What NODE_OPTIONS preloads is for the application, and would hold the delivery up.
	const env = { ...process.env, NODE_OPTIONS: "" };
	const worker = new Worker(file, { workerData: shipment, execArgv: [], env, stdout: true, stderr: true });
	worker.unref();
	if (Atomics.wait(progress, 0, 0, deadlineMs) === "timed-out") return "timed out";
	return Atomics.load(progress, 1) === 0 ? "delivered" : "failed";
}

function plainSpan(span: ReadableSpan): object {
	const { name, kind, startTime, endTime, status, duration, ended, droppedAttributesCount } = span;
	return {
		...{ name, kind, startTime, endTime, status, duration, ended, droppedAttributesCount },
		...{ droppedEventsCount: span.droppedEventsCount, droppedLinksCount: span.droppedLinksCount },
		...{ context: plainContext(span.spanContext()), parentSpanContext: plainContext(span.parentSpanContext) },
		attributes: cloneable(span.attributes),
		events: span.events.map((event) => ({ ...event, attributes: cloneable(event.attributes ?? {}) })),
		links: span.links.map((link) => ({
			...{ context: plainContext(link.context), droppedAttributesCount: link.droppedAttributesCount },
			attributes: cloneable(link.attributes ?? {}),
		})),
		...plainOrigin(span),
	};
}

function plainLog(record: ReadableLogRecord): object {
	const { hrTime, hrTimeObserved, severityNumber, severityText, eventName, droppedAttributesCount } = record;
	return {
		...{ hrTime, hrTimeObserved, severityNumber, severityText, eventName, droppedAttributesCount },
		...{ body: cloneable(record.body), attributes: cloneable(record.attributes) },
		spanContext: plainContext(record.spanContext),
		...plainOrigin(record),
	};
}

function plainOrigin({
	resource,
	instrumentationScope,
}: Pick<ReadableSpan, "resource" | "instrumentationScope">): object {
	const { name, version, schemaUrl } = instrumentationScope;
	return { resource: cloneable(resource.attributes), instrumentationScope: { name, version, schemaUrl } };
}

function plainContext(context: ReturnType<ReadableSpan["spanContext"]> | undefined): object | undefined {
	if (context === undefined) return undefined;
	const { traceId, spanId, traceFlags, isRemote, traceState } = context;
	return { traceId, spanId, traceFlags, isRemote, traceState: traceState?.serialize() };
}

/** Values that a thread can be given; what cannot be copied is sent as its JSON or left out. */
function cloneable(value: unknown): unknown {
	try {
		return structuredClone(value);
	} catch {
		try {
			return JSON.parse(JSON.stringify(value));
		} catch {
			return {};
		}
	}
}
