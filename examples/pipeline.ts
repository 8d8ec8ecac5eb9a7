// A pipeline that Footlight runs: stages side by side as soon as they can, one that fails, and a report of each.
import { setTimeout as sleep } from "node:timers/promises";
import { footlight, ownPrices } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

const telemetry = startTelemetry({ serviceName: "trip", console: true, logger: false });
const prices = ownPrices({ "guide-1": { inputUsdPerMillionTokens: 1, outputUsdPerMillionTokens: 4 } });
const light = footlight("trip", { prices });

// The first three depend on nothing but the city, so they run at the same time; a failed one is undefined to the last.
const trip = light
	.pipeline({ mode: "best-effort", timeoutMs: 5_000 })
	.stage("weather", async (city: string) => {
		await sleep(60);
		return `it is sunny in ${city}`;
	})
	.stage("trains", async (city: string) => {
		await sleep(80);
		return [`08:10 to ${city}`, `10:10 to ${city}`];
	})
	.stage("museums", async () => {
		await sleep(20);
		throw new Error("closed on Mondays");
	})
	.stage(
		"plan",
		["weather", "trains", "museums"],
		({ weather, trains, museums }) => {
			const text = `Take the ${trains?.[0]}: ${weather}. Museums: ${museums ?? "nothing is known"}.`;
			return { text, model: "guide-1", usage: { input_tokens: 120, output_tokens: 30 } }; // as a model would answer
		},
		{ kind: "model", provider: "example" },
	);

const { outcome, outputs, report } = await trip.run("Vienna", { userId: "ada" });
console.log(outputs.plan?.text);
console.log(`${outcome}, ${report.spend.costUsd} US dollars`);
for (const { name, outcome, attempts, spend } of report.stages) {
	console.log(`${name}: ${outcome}, ${attempts} attempt, ${spend.inputTokens + spend.outputTokens} tokens`);
}
const together = report.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
console.log(report.durationMs < together ? "faster than one stage after the other" : "as slow as one after the other");
console.log(trip.toMermaid());

await telemetry.shutdown();
