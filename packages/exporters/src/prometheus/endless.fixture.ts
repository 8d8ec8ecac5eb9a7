import { once } from "node:events";
import { connect } from "node:net";
import { prometheusExporter } from "@footlight/exporters/prometheus";

// Ends by itself, though its server listens, one client keeps its connection, and another has said nothing yet.
const exporter = prometheusExporter();
exporter.meterProvider
	.getMeter("app")
	.createObservableGauge("slow")
	.addCallback(async (result) => result.observe(1));
const { url, port } = await exporter.listen({ port: 0 });
const silent = connect(port, "127.0.0.1");
await once(silent, "connect");
const response = await fetch(url, { headers: { connection: "keep-alive" } });
console.log(response.status, (await response.text()).includes("slow"));
silent.unref();
