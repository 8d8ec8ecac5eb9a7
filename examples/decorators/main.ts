import { setTimeout as sleep } from "node:timers/promises";
import { footlight } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

const telemetry = startTelemetry({ serviceName: "decorators", console: true });
const light = footlight("reader");

class Reader {
	readonly #pages: ReadonlyMap<string, string> = new Map([["tracing", "A trace is one run."]]);

	@light.method({ kind: "retrieval" })
	async load(name: string): Promise<string> {
		await sleep(5);
		return this.#pages.get(name) ?? "";
	}

	@light.method({ name: "words-of-page" })
	async *words(name: string): AsyncGenerator<string> {
		yield* (await this.load(name)).split(" ");
	}
}

await light.run({ userId: "ada" }, async () => {
	const reader = new Reader();
	for await (const word of reader.words("tracing")) console.log(word);
});

await telemetry.shutdown();
