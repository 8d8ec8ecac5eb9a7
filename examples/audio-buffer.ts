// A buffer against jitter: audio arrives in bursts and is played evenly, and too little or too much of it is told.
import { footlight, StreamingBuffer } from "@footlight/core";
import { startTelemetry } from "@footlight/otel";

const telemetry = startTelemetry({ serviceName: "audio-buffer", console: true });
const light = footlight("audio-buffer");

const packet = new Uint8Array(640); // 20 ms of 16 bits at 16 kHz
/** Packets that arrive within each 20 ms: evenly, late, then all at once. */
const arrivals = [1, 1, 1, 1, 1, 0, 0, 0, 0, 4, 1, 1, 1, 14, 0, 0, 0, 0, 1];

const listen = light.stage("listen", () => {
	const told: string[] = [];
	const call = new StreamingBuffer({
		name: "call",
		format: { encoding: "pcm_s16le", sampleRateHz: 16_000 },
		targetMs: 60, // held back until there is so much
		maxMs: 200, // beyond it the oldest is dropped
		rebuffer: true, // after a gap it waits for the target again: one gap is better than many
		onEvent: (name, { "stream.dropped_ms": droppedMs }) =>
			told.push(droppedMs === undefined ? name : `${name}: ${droppedMs} ms`),
	});
	let played = "";
	for (const packets of arrivals) {
		for (let arrived = 0; arrived < packets; arrived++) call.write(packet);
		played += call.read(20) === undefined ? "." : "#";
	}
	call.end();
	while (!call.isDone) played += call.read(20) === undefined ? "." : "#";
	console.log(`arrived ${arrivals.map((packets) => packets.toString(16)).join("")}`);
	console.log(`played  ${played}`);
	for (const line of told) console.log(line);
	return call.snapshot();
});

const { receivedMs, readMs, droppedMs } = light.run({}, () => listen());
console.log(`${receivedMs} ms arrived: ${readMs} played, ${droppedMs} dropped`);

await telemetry.shutdown();
