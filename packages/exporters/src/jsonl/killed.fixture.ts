// Writes without end, and says of each event that it is kept; somebody kills it.
import { writeSync } from "node:fs";
import { jsonLinesSink } from "../jsonl.ts";

const sink = jsonLinesSink({ path: process.argv[2] as string, maxBytes: 20_000, maxFiles: 1_000 });
for (let number = 0; ; number += 10) {
	const numbers = Array.from({ length: 10 }, (_, index) => number + index);
	await Promise.all(
		numbers.map(async (one) => {
			await sink.emit({ name: `answer.${one}`, timeMs: 0, attributes: {} });
			writeSync(1, `${one}\n`);
		}),
	);
}
