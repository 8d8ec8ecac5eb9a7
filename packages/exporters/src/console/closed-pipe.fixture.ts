import { TracerProvider } from "@opentelemetry/sdk-trace";
import { consoleExporter } from "../console.ts";

const provider = new TracerProvider({ spanProcessors: [consoleExporter()] });
const runOnce = (): void =>
	provider
		.getTracer("test")
		.startSpan("p", { attributes: { "pipeline.name": "p", "pipeline.run.id": "r" } })
		.end();
await new Promise((resolve) => setTimeout(resolve, 50));
for (let turn = 0; turn < 20; turn += 1) {
	runOnce();
	runOnce();
	await new Promise((resolve) => setImmediate(resolve));
}
await provider.shutdown();
process.exitCode = 7;
console.log("finished");
