import { setTimeout as sleep } from "node:timers/promises";
import { type Current, streamBuffer, streamingTelemetry, streamQueue } from "@footlight/core";

const sampleRateHz = 8_000;
const msPerCharacter = 1.4;
const frameMs = 10;
const captionMs = 60;

/**
 * Around the stage that speaks: a voice that is played by the clock and may be a moment ahead of it, or it skips; and captions,
 * of which whoever looks gets the latest.
 */
export const voicePolicies = [
	streamingTelemetry({
		queue: { name: "captions", capacity: 4, policy: "drop-oldest" },
		buffer: {
			name: "voice",
			format: { encoding: "pcm_s16le", sampleRateHz },
			...{ targetMs: 40, maxMs: 140, rebuffer: true },
		},
	}),
];

/** Speaks words as they come, and hands them on. (So fast that nobody could listen; you have not got all day.) */
export async function* speak(
	words: AsyncIterable<string>,
	ctx: Pick<Current, "value">,
	onCaption: (words: string) => void,
): AsyncGenerator<string> {
	const voice = ctx.value(streamBuffer());
	const captions = ctx.value(streamQueue<string>());
	const silence = new AbortController();
	const play = async () => {
		for await (const frame of voice.readEvery(frameMs)) void frame; // a loudspeaker takes it here
	};
	const show = async () => {
		for await (const caption of captions) {
			onCaption(caption);
			await sleep(captionMs, undefined, { signal: silence.signal }).catch(() => {});
		}
	};
	const told = Promise.all([play(), show()]);
	told.catch(() => {}); // where the words fail, it is that error that is told
	try {
		for await (const word of words) {
			voice.write(toneFor(word));
			captions.tryPut(word);
			yield word;
		}
	} finally {
		voice.end();
		captions.close();
		silence.abort(); // nobody waits for captions of what has been said
	}
	await told;
}

/** A tone, longer for a longer word: so much for the synthesis. */
function toneFor({ length }: string): Uint8Array {
	const samples = Math.round((length * msPerCharacter * sampleRateHz) / 1_000);
	return new Uint8Array(Int16Array.from({ length: samples }, (_, at) => 8_000 * Math.sin(at / 6)).buffer);
}
