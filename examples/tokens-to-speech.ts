// A model's tokens become sentences, these become speech, and that is played by the clock: nobody runs ahead of the listener.
import { setTimeout as sleep } from "node:timers/promises";
import { footlight, streamBuffer, streamingTelemetry, streamQueue } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

const telemetry = startTelemetry({ serviceName: "tokens-to-speech", console: true });
const light = footlight("tokens-to-speech");
const format = { encoding: "pcm_s16le", sampleRateHz: 16_000 } as const;
const answer =
	"A queue stands between the model and the voice. It is small, so the model has to wait. " +
	"A buffer stands between the voice and the ear. It is played by the clock. Nothing is lost, and nothing runs dry.";

// Faster than anybody can listen; yet it is only asked for a token when there is room for one.
const model = light.stage("model", async function* () {
	for (const token of answer.split(/(?<= )/)) {
		await sleep(1);
		yield token;
	}
});

async function* sentencesOf() {
	const tokens = light.current().value(streamQueue<string>());
	tokens.fill(model()).catch(() => {}); // the loop is told what went wrong
	let sentence = "";
	for await (const token of tokens) {
		sentence += token;
		if (!/[.!?]\s*$/.test(sentence)) continue;
		yield sentence.trim();
		sentence = "";
	}
	const { blockedPuts, blockedMs } = tokens.snapshot();
	console.log(`the model was held back ${blockedMs > 0 ? "by its listener" : "by nobody"}, ${blockedPuts} times`);
}
const sentences = light.stage("sentences", sentencesOf, {
	use: [streamingTelemetry({ queue: { name: "tokens", capacity: 4 } })],
});

/** A tone, longer for more words: so much for the synthesis. */
const voice = ({ length }: string) => Int16Array.from({ length: 160 * length }, (_, at) => 8_000 * Math.sin(at / 6));

async function speakAll() {
	const speech = light.current().value(streamBuffer());
	const talk = async () => {
		for await (const sentence of sentences()) {
			speech.write(new Uint8Array(voice(sentence).buffer));
			while (speech.bufferedMs > 200) await sleep(10); // as long as it has enough, it is given no more
		}
		speech.end();
	};
	const play = async () => {
		for await (const chunk of speech.readEvery(20)) void chunk; // a loudspeaker takes it here, every 20 ms
	};
	await Promise.all([talk(), play()]);
	return speech.snapshot();
}
const speak = light.stage("speak", speakAll, {
	use: [streamingTelemetry({ buffer: { name: "speech", format, targetMs: 60, maxMs: 2_000 } })],
});

const { readMs, droppedMs, underruns } = await light.run({ sessionId: "call-1" }, () => speak());
console.log(`spoke for ${readMs} ms: ${droppedMs} ms dropped, ${underruns} gaps`);

await telemetry.shutdown();
