// A server's file, as a user writes it: every entry of every package, whose declarations have to hold.
import { genaiPrices } from "@footlight/adapters/genai-prices";
import { type CorrelationIds, footlight, type Light, observe, standardStack } from "@footlight/core";
import { manualClock, recordingSink, spanTree } from "@footlight/core/testing";
import * as consoleExporter from "@footlight/exporters/console";
import * as pinoExporter from "@footlight/exporters/pino";
import { doctor, startTelemetry, type Telemetry } from "@footlight/otel";
import { redaction, sizeLimits } from "@footlight/otel/processors";
import { extract, inject } from "@footlight/otel/propagation";

const light: Light = footlight("typed", { use: [observe()], sinks: [recordingSink()], clock: manualClock() });

const sync = light.stage("sync", (text: string, times = 1) => text.repeat(times));
const promised = light.stage("promised", async (text: string) => text.length);
const streamed = light.stage("streamed", async function* (text: string) {
	yield* text;
});

export const repeated: string = sync("a", 2);
export const length: Promise<number> = promised("a");
export const parts: AsyncGenerator<string, void, unknown> = streamed("a");
export const ids: CorrelationIds = { userId: "user-7" };
export const answer: Promise<number> = light.run(ids, () => promised("a"));

// @ts-expect-error a stage takes what its function takes
sync(7);
// @ts-expect-error a synchronous stage stays synchronous
export const wrong: Promise<string> = sync("a");

export const telemetry = (): Telemetry => startTelemetry({ serviceName: "typed" });
export const parts2: readonly unknown[] = [
	redaction(),
	sizeLimits(),
	extract,
	inject,
	doctor,
	genaiPrices({ providers: { acme: "openai" } }),
	spanTree,
	standardStack(),
];
export const modules: readonly object[] = [consoleExporter, pinoExporter];
