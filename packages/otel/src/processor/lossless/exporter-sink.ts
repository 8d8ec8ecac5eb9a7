import { isCallersFault, telemetryFailed } from "@footlight/core";
import { withoutTelemetry } from "@footlight/core/telemetry";
import { type BatchSink, maySucceedLater } from "@footlight/exporters/buffered";
import type { ItemLike } from "../span-shape.ts";

/** What an exporter answers; code 0 is success. */
export interface ExportResultLike {
	readonly code: number;
	readonly error?: Error | undefined;
}

/** An exporter of spans or of log records, of either SDK line. */
export interface ExporterLike {
	export(items: never, done: (result: ExportResultLike) => void): void;
	forceFlush?(): Promise<void>;
	shutdown(): Promise<void>;
}

/** Has an exporter of the SDK take batches. */
export function exporterSink<Item extends ItemLike>(exporter: ExporterLike): BatchSink<Item> {
	return {
		async write({ items }) {
			await resourcesSettled(items);
			await new Promise<void>((resolve, reject) => {
				const done = ({ code, error }: ExportResultLike) => (code === 0 ? resolve() : reject(failureOf(error)));
				// A copy: some exporters change the list they are given. Sockets remember the context they were opened in, and
				// that of the batch would keep all of it as long as they live.
				withoutTelemetry(() => exporter.export([...items] as never, done));
			});
		},
		close: () => exporter.shutdown(),
	};
}

/** What the exporter says, with an answer of a server where others put it: OTLP exporters have it as their `code`. */
function failureOf(error: Error | undefined): Error {
	if (error === undefined) return new Error("the exporter failed and did not say why");
	const { code } = error as { readonly code?: unknown };
	if (typeof code !== "number" || code < 100) return error;
	return Object.assign(new Error(error.message, { cause: error }), { name: error.name, status: code });
}

/**
 * Whether another attempt may succeed after what an exporter has said: most of their errors carry neither a code of the
 * network nor an answer, so all may, but a refusal of what was sent, and a mistake in a program. Refused credentials may be
 * changed.
 */
export function mayBeExportedLater(error: unknown): boolean {
	if (maySucceedLater(error)) return true;
	if (isCallersFault(error)) return false;
	return !(
		error instanceof TypeError ||
		error instanceof RangeError ||
		error instanceof ReferenceError ||
		error instanceof SyntaxError
	);
}

/** As the batch processors do: a detector may still be asking where the process runs. */
async function resourcesSettled(items: readonly ItemLike[]): Promise<void> {
	let pending: Set<ItemLike["resource"]> | undefined;
	for (const { resource } of items) {
		if (resource.asyncAttributesPending !== true || resource.waitForAsyncAttributes === undefined) continue;
		pending ??= new Set();
		pending.add(resource);
	}
	if (pending === undefined) return;
	try {
		await Promise.all([...pending].map((resource) => resource.waitForAsyncAttributes?.()));
	} catch (error) {
		// An attribute less is no reason to keep them.
		telemetryFailed("resource", error);
	}
}
