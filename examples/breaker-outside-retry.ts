// The usual order: the circuit breaker counts a call once, however often the retry inside tries it.
import { circuitBreaker, circuitBreakers, describe, footlight, retry } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

const telemetry = startTelemetry({ serviceName: "order", console: true });
const light = footlight("order");

let requests = 0;
async function load(page: number): Promise<string> {
	requests++;
	throw Object.assign(new Error(`page ${page}: not now`), { status: 503 }); // the service is down
}

const breaker = circuitBreaker({ failureThreshold: 2 });
const again = retry({ maxAttempts: 3, initialDelayMs: 5 });
const page = light.stage("page", load, { use: [breaker, again] });
console.log(String(describe(page)));

for (const number of [1, 2, 3]) {
	const before = requests;
	const error = await light.run({ runId: `run-${number}` }, () => page(number)).catch((thrown) => thrown);
	const state = circuitBreakers.get("order.page")?.state;
	console.log(
		`call ${number}: ${requests - before} requests, then ${error.code ?? error.status}; the breaker is ${state}`,
	);
}
console.log(`${requests} requests to a service that is down`);

await telemetry.shutdown();
