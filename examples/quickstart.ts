// The smallest program with a trace: three functions wrapped, one run around them.
import { footlight } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

// Spans and log lines go to OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4318); the tree of the run appears on stderr.
const telemetry = startTelemetry({ serviceName: "quickstart", console: true });
const light = footlight("quickstart", { logger: telemetry.logger.child({}, { level: "warn" }) });

const notes = ["A span is one step.", "A trace is all steps of one run.", "A log line may carry both of their ids."];

// Same types out: this one stays synchronous, the next one asynchronous, the last one a generator.
const find = light.stage("find", (word: string) => notes.filter((note) => note.includes(word)), { kind: "retrieval" });

const translate = light.stage("translate", async (note: string) => note.replaceAll("span", "Spanne"));

const answer = light.stage("answer", async function* (word: string) {
	for (const note of find(word)) {
		for (const piece of (await translate(note)).split(" ")) yield `${piece} `;
	}
	light.current().event("answer.given", { word });
});

await light.run({ userId: "ada", sessionId: "session-1" }, async () => {
	for await (const piece of answer("span")) process.stdout.write(piece);
	process.stdout.write("\n");
});

await telemetry.shutdown();
