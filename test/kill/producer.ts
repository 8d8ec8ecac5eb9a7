// Run as a process of its own: emits through an exporter with a spool as fast as it can until it is killed, and writes down
// each item whose emit has resolved. In its last run it emits nothing and delivers what is left.
import { openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { BufferedExporter, type Priority } from "@footlight/exporters/buffered";
import { fileSpool } from "@footlight/exporters/spool";
import { type Item, numbersOfRun, orderKeys } from "./item.ts";

const { values } = parseArgs({
	options: {
		directory: { type: "string" },
		accepted: { type: "string" },
		url: { type: "string" },
		run: { type: "string" },
		last: { type: "boolean", default: false },
	},
});
const { directory, accepted, url, run, last } = values as Required<typeof values>;

const priorities: readonly Priority[] = ["low", "normal", "high", "critical"];
const exporter = new BufferedExporter<Item>({
	name: "killed",
	sink: {
		async write({ items, keys }, signal) {
			const response = await fetch(url, { method: "POST", body: JSON.stringify({ items, keys }), signal });
			await response.arrayBuffer();
			if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { status: response.status });
		},
	},
	batchSize: 50,
	maxDelayMs: 5,
	maxItems: 400,
	concurrency: 3,
	timeoutMs: 500,
	retry: { initialDelayMs: 1, maxDelayMs: 20 },
	orderKeyOf: ({ key }) => key,
	priorityOf: ({ number }) => priorities[number % priorities.length],
	spool: fileSpool({ directory, segmentBytes: 16_384, maxBytes: 2 ** 28 }),
});

if (last) {
	const { isComplete, left } = await exporter.close({ timeoutMs: 120_000 });
	console.log(JSON.stringify({ isComplete, left, lost: exporter.snapshot().lost }));
} else {
	const file = openSync(accepted, "a");
	console.log("emitting");
	await Promise.all(orderKeys.map((key) => emitFor(key, file)));
}

async function emitFor(key: string, file: number): Promise<void> {
	for (let number = Number(run) * numbersOfRun; ; ) {
		const first = number;
		const emitted: Promise<void>[] = [];
		for (const end = first + 1 + (first % 7); number < end; number++) {
			emitted.push(exporter.emit({ key, number, text: "x".repeat(number % 300) }));
		}
		await Promise.all(emitted);
		writeSync(file, `${key} ${first} ${number}\n`);
		// Ahead of the sink, but not without end: what is left must be delivered in the end.
		while (exporter.snapshot().left > 3_000) await new Promise((resolve) => setTimeout(resolve, 2));
	}
}
