import { check, type QueueDuty, type QueueSubject } from "../queue-subject.ts";
import { median } from "../table.ts";

// `node queue.ts SUBJECT DUTY CAPACITY` prints {"ns", "mb"}: time of a chunk, a million of them at a time, and how much
// memory the process has taken at its peak.
const [subject = "", duty = "", capacity = ""] = process.argv.slice(2);
const chunks = 1_000_000;
const { [duty as QueueDuty]: make, ...rest }: QueueSubject & { proof?: () => Promise<object> } = await import(
	`../subject/queue/${subject}.ts`
);
if (make === undefined) throw new Error(`${subject} has no ${duty}`);
const move = make(Number(capacity));

const times: number[] = [];
const until = performance.now() + 1_500;
while (times.length < 4 || performance.now() < until) {
	const started = performance.now();
	const moved = await move(chunks);
	times.push(((performance.now() - started) * 1e6) / chunks);
	check(duty as QueueDuty, chunks, Number(capacity), moved);
}
const proof = await rest.proof?.();
if (proof !== undefined && Object.values(proof).some((seen) => seen === 0)) {
	throw new Error(`${subject} tells nothing: ${JSON.stringify(proof)}`);
}
// The first one is compiled.
console.log(JSON.stringify({ ns: median(times.slice(1)), mb: process.resourceUsage().maxRSS / 1_024 }));
process.exit(0);
