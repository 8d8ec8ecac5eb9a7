import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { prometheusExporter } from "@footlight/exporters/prometheus";
import * as prometheusClient from "@prometheus-io/client";
import * as promClient from "prom-client";

// Run as `node cluster.fixture.ts prom-client`: prints what the primary process says of its three workers.
const client = process.argv[2] === "prom-client" ? promClient : (prometheusClient as unknown as typeof promClient);

if (cluster.isPrimary) {
	const aggregator = new client.AggregatorRegistry();
	const workers: Worker[] = [1, 2, 3].map(() => cluster.fork());
	await Promise.all(workers.map((worker) => once(worker, "message", { signal: AbortSignal.timeout(20_000) })));
	console.log(await aggregator.clusterMetrics());
	for (const worker of workers) worker.kill();
} else {
	const registry = new client.Registry();
	client.AggregatorRegistry.setRegistries(registry);
	new client.AggregatorRegistry();
	const number = cluster.worker?.id ?? 0;
	const resource = { attributes: { "service.name": "clustered", "service.instance.id": `worker-${number}` } };
	const { meterProvider } = prometheusExporter({ registry, resource, scopeLabels: false });
	const meter = meterProvider.getMeter("app");
	meter.createCounter("jobs", { unit: "{job}" }).add(number, { outcome: "ok" });
	meter.createUpDownCounter("active").add(10 * number);
	meter.createGauge("utilization", { unit: "1" }).record(number / 4);
	meter.createHistogram("wait", { unit: "s", advice: { explicitBucketBoundaries: [1, 2] } }).record(number);
	meter.createObservableCounter("seen").addCallback(async (result) => result.observe(100 * number));
	process.send?.({ type: "ready" });
}
