import { endAbandonedStreams } from "@footlight/core";
import type { LogRecordProcessor, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import { within } from "./deadline.ts";
import { type Delivery, noDelivery } from "./delivery.ts";
import { exportAtExit, type Parcel } from "./exit-export.ts";
import type { ExportReport } from "./export-report.ts";
import type { MetricPipeline } from "./metrics/metric-pipeline.ts";
import { plainLogRecord, plainSpan } from "./plain-item.ts";
import type { FlushReport } from "./telemetry.ts";
import { warnAtExit } from "./warn-at-exit.ts";

export interface FlusherOptions {
	readonly processors: readonly (SpanProcessor | LogRecordProcessor)[];
	/** Absent where a signal does not go to OTLP. */
	readonly spans: Delivery<ReadableSpan> | undefined;
	readonly logs: Delivery<ReadableLogRecord> | undefined;
	/** What processors of the user's own were given. */
	readonly own: { readonly added: number };
	readonly metrics: Pick<MetricPipeline, "pushes" | "flush">;
	readonly report: ExportReport;
	readonly deadlineMs: number;
}

/** Delivers what has ended, in time. */
export interface Flusher {
	/** Delivers within the deadline; never rejects. */
	flush(): Promise<FlushReport>;
	/** Delivers before it returns, and blocks the thread meanwhile: for an exit that cannot be held up. Never throws. */
	flushNow(): void;
	/** True when something has come in since the last flush; of metrics only the first time. */
	takeNews(): boolean;
}

export function flusher({ processors, spans, logs, own, metrics, report, deadlineMs }: FlusherOptions): Flusher {
	const deliveries = [spans, logs].filter((each) => each !== undefined);
	let addedBefore = 0;
	let ownBefore = 0;
	let timedOut = false;
	// A recording is no item one could count: what came in since the last export is sent once more, at the end.
	let measuresWait = metrics.pushes;

	const added = () => deliveries.reduce((sum, each) => sum + each.added, 0);
	const pending = () => deliveries.reduce((sum, each) => sum + each.counts().pending, 0);

	async function deliver(): Promise<void> {
		await Promise.all([deliverItems(), metrics.flush()]);
	}

	async function deliverItems(): Promise<void> {
		// A batch processor asked to flush while it is flushing answers at once: ask again while there is progress.
		for (let before = Number.POSITIVE_INFINITY; pending() < before; ) {
			before = pending();
			await Promise.allSettled(processors.map((each) => each.forceFlush()));
			await Promise.allSettled(deliveries.map((each) => each.settled()));
			if (before === 0) return;
		}
	}

	function deliverNow(): void {
		// What could not be delivered in time a moment ago is not waited for once more.
		if (timedOut && added() === addedBefore) return;
		const parcels = [parcelOf(spans, plainSpan), parcelOf(logs, plainLogRecord)].filter((each) => each !== undefined);
		if (parcels.length > 0) report.lostAtExit(exportAtExit(parcels, deadlineMs));
	}

	return {
		async flush() {
			addedBefore = added();
			ownBefore = own.added;
			timedOut = !(await within(deadlineMs, deliver()));
			// Node prints a warning one tick later, and not at all where process.exit() comes straight after this flush.
			await new Promise<void>((resolve) => process.nextTick(resolve));
			const problems = report.problems();
			return {
				ok: !timedOut && problems.length === 0 && pending() === 0,
				timedOut,
				spans: spans?.counts() ?? noDelivery,
				logs: logs?.counts() ?? noDelivery,
				problems,
			};
		},
		flushNow: () => quietly(deliverNow),
		takeNews() {
			const news = measuresWait || own.added > ownBefore || (added() > addedBefore && pending() > 0);
			measuresWait = false;
			return news;
		},
	};
}

/** Ends the spans of streams that nobody will read any more. */
export function endStreams(): void {
	quietly(endAbandonedStreams);
}

/** What is left of a signal; nothing where the last attempt found nobody, which has been told. */
function parcelOf<Item extends object>(
	from: Delivery<Item> | undefined,
	plain: (item: Item) => object,
): Parcel | undefined {
	if (from === undefined || from.unreachable) return undefined;
	const items = from.pending();
	return items.length === 0 ? undefined : { target: from.target, items: items.map(plain) };
}

function quietly(work: () => void): void {
	try {
		work();
	} catch (error) {
		warnAtExit("FOOTLIGHT_TELEMETRY_FAILED", `the last flush failed (${error}); the process ends as it would have.`);
	}
}
