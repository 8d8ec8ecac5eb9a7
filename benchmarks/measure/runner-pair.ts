import { nodes, type Prepare, type RunGraph, type Shape, shapes } from "../graph.ts";
import { median } from "../table.ts";

// `node runner-pair.ts SUBJECT OTHER SHAPE NODES` prints {"paired"}: how much the first takes of the other's time, in turn.
const [subject = "", other = "", shape = "", kind = ""] = process.argv.slice(2);
const graph = shapes[shape as Shape]();
const runs = Math.ceil(2_000 / graph.size);
const first = await prepared(subject);
const second = await prepared(other);

const ratios: number[] = [];
for (const milliseconds of [600, 1_500]) {
	ratios.length = 0; // the first ones warm both up
	const until = performance.now() + milliseconds;
	while (ratios.length < 5 || performance.now() < until) ratios.push((await batch(first)) / (await batch(second)));
}
console.log(JSON.stringify({ paired: median(ratios) }));
process.exit(0);

async function prepared(name: string): Promise<RunGraph> {
	const { default: prepare }: { default: Prepare } = await import(`../subject/runner/${name}.ts`);
	return prepare(graph, nodes[kind as keyof typeof nodes]);
}

async function batch(run: RunGraph): Promise<number> {
	const started = performance.now();
	for (let turn = 0; turn < runs; turn++) await run();
	return performance.now() - started;
}
