// One page of metrics for Prometheus: Footlight's, Node's, and those the application keeps in prom-client.
import { footlight } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";
import { Counter, Registry } from "prom-client";

const registry = new Registry();
const orders = new Counter({ name: "shop_orders_total", help: "Orders taken.", registers: [registry] });

// Port 0 takes any that is free; left out it is 9464, where Prometheus looks by custom.
const telemetry = startTelemetry({ serviceName: "shop", logger: false, metrics: { registry, port: 0 } });
const light = footlight("shop");

const pay = light.stage("pay", async (amount: number) => {
	if (amount > 100) throw new RangeError("the card has a limit");
	orders.inc();
});
for (const amount of [20, 50, 500]) {
	await light.run({}, () => pay(amount)).catch((error: Error) => console.log(`refused: ${error.message}`));
}

const url = await telemetry.metrics.ready;
if (url === undefined) throw new Error("metrics are not served");
const page = await (await fetch(url)).text();
const shown =
	/^(shop_orders_total|pipeline_stage_calls_total\{.*outcome="(ok|error)"|nodejs_eventloop_utilization_ratio)/;
for (const line of page.split("\n").filter((line) => shown.test(line))) {
	console.log(line.replace(/,?otel_scope_\w+="[^"]*"/g, "").replace("{}", ""));
}

await telemetry.shutdown();
