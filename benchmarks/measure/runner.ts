import { expected, nodes, type Prepare, type Shape, shapes } from "../graph.ts";
import { median } from "../table.ts";

// `node runner.ts SUBJECT SHAPE NODES` prints {"ns", "peakMb", "buildMs"}: time of a node, what a first run adds to the
// memory of the process at its peak, and how long it took to get ready.
const [subject = "", shape = "", kind = ""] = process.argv.slice(2);
const { default: prepare }: { default: Prepare } = await import(`../subject/runner/${subject}.ts`);
const graph = shapes[shape as Shape]();
const node = nodes[kind as keyof typeof nodes];

let executed = 0;
const built = performance.now();
const checked = await prepare(graph, (sum) => {
	executed++;
	return node(sum);
});
const buildMs = performance.now() - built;
globalThis.gc?.();
const before = process.memoryUsage.rss();
const last = await checked();
const peakMb = Math.max(0, process.resourceUsage().maxRSS / 1_024 - before / 2 ** 20);
if (executed !== graph.size) throw new Error(`${subject} ran ${executed} nodes of ${graph.size}`);
if (last !== expected(graph)) throw new Error(`${subject} gave ${last} instead of ${expected(graph)}`);

const run = await prepare(graph, node);
const runs = Math.ceil(2_000 / graph.size);
await batchFor(400);
console.log(JSON.stringify({ ns: median(await batchFor(1_000)), peakMb, buildMs }));
process.exit(0);

/** Nanoseconds of a node in each batch that begins within so many milliseconds; three at least. */
async function batchFor(milliseconds: number): Promise<number[]> {
	const times: number[] = [];
	const until = performance.now() + milliseconds;
	while (times.length < 3 || performance.now() < until) {
		const started = performance.now();
		for (let turn = 0; turn < runs; turn++) await run();
		times.push(((performance.now() - started) * 1e6) / (runs * graph.size));
	}
	return times;
}
