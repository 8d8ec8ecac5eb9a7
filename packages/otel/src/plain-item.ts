import { resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import * as plain from "./processor/lossless/plain-item.ts";

type PlainItem = (plain.PlainSpan | plain.PlainRecord) & { readonly resource: Record<string, never> };

/** A span as plain data, which a worker thread can be given. */
export function plainSpan(span: ReadableSpan): object {
	return { ...plain.plainSpan(span, cloneable), ...plainOrigin(span) };
}

/** A log record as plain data. */
export function plainLogRecord(record: ReadableLogRecord): object {
	return { ...plain.plainRecord(record, cloneable), ...plainOrigin(record) };
}

function plainOrigin({
	resource,
	instrumentationScope,
}: Pick<ReadableSpan, "resource" | "instrumentationScope">): object {
	const { name, version, schemaUrl } = instrumentationScope;
	return { resource: cloneable(resource.attributes), instrumentationScope: { name, version, schemaUrl } };
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

const asItIs = (value: unknown): unknown => value;

/** Gives the data back the methods that the exporters call. */
export function revive(item: object): object {
	const data = item as PlainItem;
	const revived = "context" in data ? plain.revivedSpan(data, asItIs) : plain.revivedRecord(data, asItIs);
	return { ...revived, resource: resourceFromAttributes(data.resource) };
}
