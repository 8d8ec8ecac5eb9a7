import { ChunkQueue, type Light, StreamingBuffer } from "../index.ts";
import type { ManualClock } from "../testing/index.ts";

/** A queue and a buffer with every event and every figure of theirs: in a stage, and outside of any. */
export async function useEveryStream(light: Light, clock: ManualClock): Promise<void> {
	await light.stage("streams", () => useQueues(clock))();
	light.stage("buffers", () => useBuffer(clock))();
}

async function useQueues(clock: ManualClock): Promise<void> {
	const queue = new ChunkQueue<number>({ name: "tokens", capacity: 2 });
	const gone = new AbortController();
	const blocked = [1, 2, 3].map((item) => queue.put(item));
	const late = queue.put(4, { timeoutMs: 10 })?.catch(() => {});
	const cancelled = queue.put(5, { signal: gone.signal })?.catch(() => {});
	gone.abort();
	await clock.advance(20);
	await Promise.all([late, cancelled]);
	for (let taken = 0; taken < 3; taken++) await queue.take();
	await Promise.all(blocked);
	queue.fail(new Error("boom"));
	await queue.put(6)?.catch(() => {});
	for (const policy of ["drop-oldest", "drop-newest", "reject"] as const) {
		const full = new ChunkQueue<number>({ name: "tokens", capacity: 1, policy });
		for (const item of [1, 2]) await full.put(item)?.catch(() => {});
		full.close();
	}
}

function useBuffer(clock: ManualClock): void {
	const format = { encoding: "pcm_u8", sampleRateHz: 1_000 } as const;
	const speech = new StreamingBuffer({ name: "speech", format, targetMs: 10, maxMs: 20, clock });
	speech.write(new Uint8Array(30));
	speech.read(20);
	speech.read(20);
	speech.write(new Uint8Array(10));
	speech.read(10);
	speech.end();
}
