import { check, type QueueDuty, type QueueSubject } from "../queue-subject.ts";
import { median } from "../table.ts";

// `node queue-pair.ts SUBJECT DUTY CAPACITY OTHER` prints {"paired"}: how much the first takes of the other's time, a million
// chunks of each in turn, after a shorter round that warms both up.
const [subject = "", duty = "", capacity = "", other = ""] = process.argv.slice(2);
const chunks = 1_000_000;
const first = await load(subject);
const second = await load(other);

const ratios: number[] = [];
for (const milliseconds of [0, 2_000]) {
	ratios.length = 0; // the first ones warm both up
	const until = performance.now() + milliseconds;
	while (ratios.length < 5 || performance.now() < until) {
		const ms = await first();
		ratios.push(ms / (await second()));
	}
}
console.log(JSON.stringify({ paired: median(ratios) }));
process.exit(0);

async function load(name: string): Promise<() => Promise<number>> {
	const loaded: QueueSubject = await import(`../subject/queue/${name}.ts`);
	const make = loaded[duty as QueueDuty];
	if (make === undefined) throw new Error(`${name} has no ${duty}`);
	const move = make(Number(capacity));
	return async () => {
		const started = performance.now();
		const moved = await move(chunks);
		const ms = performance.now() - started;
		check(duty as QueueDuty, chunks, Number(capacity), moved);
		return ms;
	};
}
