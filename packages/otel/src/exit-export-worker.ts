import { workerData } from "node:worker_threads";
import type { Exporter } from "./create-exporter.ts";
import type { ExitAnswer, ExitShipment, Parcel } from "./exit-export.ts";
import { exportBatch } from "./export-batch.ts";
import { exportProblem } from "./export-problem.ts";
import type { OtlpTarget } from "./otlp-target.ts";
import { revive } from "./plain-item.ts";
import { connectionProblem } from "./reachability.ts";

const { parcels, answers, done } = workerData as ExitShipment;

async function send({ target, items }: Parcel): Promise<string | undefined> {
	// Nobody there: no sense in the exporter's retries, the process wants to end.
	const problem = await connectionProblem(target.url);
	if (problem !== undefined) return problem;
	const exporter = await loadExporter(target);
	const result = await exportBatch(exporter, items.map(revive), target);
	return result.code === 0 ? undefined : exportProblem(result.error);
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

await Promise.all(
	parcels.map(async (each, parcel) => {
		const answer: ExitAnswer = { parcel, problem: await send(each).catch(String) };
		answers.postMessage(answer);
	}),
);
Atomics.store(done, 0, 1);
Atomics.notify(done, 0);
