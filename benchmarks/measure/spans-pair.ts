import { median } from "../table.ts";
import { spanSource, startCollector } from "./span-load.ts";

// `node spans-pair.ts SUBJECT AGAINST` prints {"paired"}: the CPU for a span of one over that of the other, in turns.
const collector = await startCollector(0);
const [subject, against] = process.argv.slice(2).map((name) => spanSource(name, collector.url));
if (subject === undefined || against === undefined) throw new Error("two subjects are compared");

async function cost(source: typeof subject, batches: number): Promise<number> {
	const { made, taken, cpuNs } = await source.inBatches(batches);
	if (taken !== made) throw new Error(`${made - taken} of ${made} spans were lost`);
	return cpuNs / taken;
}

for (const source of [subject, against]) await cost(source, 600);
const ratios: number[] = [];
for (let turn = 0; turn < 40; turn++) {
	const isFirst = turn % 2 === 0;
	const one = await cost(isFirst ? subject : against, 20);
	const other = await cost(isFirst ? against : subject, 20);
	ratios.push(isFirst ? one / other : other / one);
}
console.log(JSON.stringify({ paired: median(ratios) }));
collector.stop();
process.exit(0);
