import { workerData } from "node:worker_threads";
import { createTraceState } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { Exporter } from "./create-exporter.ts";
import type { ExitShipment } from "./exit-export.ts";
import type { OtlpTarget } from "./otlp-target.ts";
import { connectionProblem } from "./reachability.ts";

interface PlainItem {
	readonly context?: PlainContext;
	readonly parentSpanContext?: PlainContext;
	readonly spanContext?: PlainContext;
	readonly resource: Record<string, never>;
	readonly links?: readonly { readonly context: PlainContext }[];
}
interface PlainContext {
	readonly traceState?: string;
}

const shipment = workerData as ExitShipment;

async function send({
	target,
	items,
}: {
	readonly target: OtlpTarget;
	readonly items: readonly object[];
}): Promise<void> {
	// Nobody there: no sense in the exporter's retries, the process wants to end.
	if ((await connectionProblem(target.url)) !== undefined) return fail();
	const exporter = await loadExporter(target);
	const result = await new Promise<{ code: number }>((resolve) => exporter.export(items.map(revive), resolve));
	if (result.code !== 0) fail();
}

/** Loads the one exporter that is needed: the process waits. */
async function loadExporter({ signal, protocol }: OtlpTarget): Promise<Exporter<object>> {
	const kind = protocol === "grpc" ? "grpc" : protocol === "http/json" ? "http" : "proto";
	const name = `@opentelemetry/exporter-${signal === "traces" ? "trace" : "logs"}-otlp-${kind}`;
	const module = (await import(name)) as Record<string, new () => Exporter<object>>;
	const Exporter = module[signal === "traces" ? "OTLPTraceExporter" : "OTLPLogExporter"];
	if (Exporter === undefined) throw new Error(`${name} has no exporter`);
	return new Exporter();
}

function fail(): void {
	Atomics.add(shipment.progress, 1, 1);
}

/** Gives the data back the methods that the exporters call. */
function revive(item: object): object {
	const plain = item as PlainItem;
	const common = { ...plain, resource: resourceFromAttributes(plain.resource) };
	if (plain.context === undefined) return { ...common, spanContext: reviveContext(plain.spanContext) };
	const context = reviveContext(plain.context);
	return {
		...common,
		spanContext: () => context,
		parentSpanContext: reviveContext(plain.parentSpanContext),
		links: plain.links?.map((link) => ({ ...link, context: reviveContext(link.context) })),
	};
}

function reviveContext(context: PlainContext | undefined): object | undefined {
	return context && { ...context, traceState: context.traceState ? createTraceState(context.traceState) : undefined };
}

const shipped = [shipment.spans, shipment.logs].filter((each) => each !== undefined);
for (const { status } of await Promise.allSettled(shipped.map(send))) if (status === "rejected") fail();
Atomics.store(shipment.progress, 0, 1);
Atomics.notify(shipment.progress, 0);
