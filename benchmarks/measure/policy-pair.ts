import { median } from "../table.ts";
import { type Batch, batchOf, type Duty } from "../turn.ts";

// `node policy-pair.ts SUBJECT DUTY OTHER DUTY` prints {"paired", "adds"}: how much the first takes of the other's time,
// and how many nanoseconds more, batch by batch in turn.
const [subject = "", duty = "", other = "", otherDuty = ""] = process.argv.slice(2);
const first = await batchOf(subject, duty as Duty);
const second = await batchOf(other, otherDuty as Duty);

const ratios: number[] = [];
const differences: number[] = [];
for (const milliseconds of [200, 800]) {
	ratios.length = 0; // the first ones warm both up
	differences.length = 0;
	const until = performance.now() + milliseconds;
	while (performance.now() < until) {
		const ns = await timed(first);
		const otherNs = await timed(second);
		ratios.push(ns / otherNs);
		differences.push(ns - otherNs);
	}
}
console.log(JSON.stringify({ paired: median(ratios), adds: median(differences) }));
process.exit(0);

async function timed(batch: Batch): Promise<number> {
	const started = performance.now();
	await batch.run();
	return ((performance.now() - started) * 1e6) / batch.turns;
}
