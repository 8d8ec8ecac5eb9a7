// Streams of every kind: a span lasts as long as its stream, however it is read and wherever the reading stops.
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { footlight } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

const telemetry = startTelemetry({ serviceName: "streaming", console: true });
const light = footlight("streaming");

const words = ["a", "span", "lasts", "as", "long", "as", "its", "stream"];

const generate = light.stage("generate", async function* () {
	for (const word of words) {
		await sleep(5);
		yield word;
	}
});

const readable = light.stage("node-readable", () => Readable.from(words));

const web = light.stage("web-stream", () => new Blob([words.join(" ")]).stream());

await light.run({ runId: "read-to-the-end" }, async () => {
	const read: string[] = [];
	for await (const word of generate()) read.push(word);
	for await (const word of readable()) read.push(word);
	await web()
		.pipeThrough(new TextDecoderStream())
		.pipeTo(new WritableStream({ write: (text) => void read.push(...text.split(" ")) }));
	console.log(`read to the end: ${read.length} words`);
});

await light.run({ runId: "stopped" }, async () => {
	for await (const word of generate()) if (word === "lasts") break; // outcome cancelled, and no error
	console.log("stopped at the third word");
});

await light.run({ runId: "never-read" }, () => {
	readable(); // nobody reads it: its span ends with the run, marked abandoned
	console.log("opened one and forgot it");
});

try {
	await light.run({ runId: "broken" }, async () => {
		const broken = light.stage("broken", async function* () {
			yield "first";
			throw new Error("the line is dead");
		});
		for await (const word of broken()) console.log(`got the ${word} word, then it broke`);
	});
} catch {
	// The error is the consumer's to handle; the span has it, once.
}

await telemetry.shutdown();
