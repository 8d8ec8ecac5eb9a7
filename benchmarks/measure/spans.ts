import { spanSource, startCollector } from "./span-load.ts";

// `node --expose-gc spans.ts SUBJECT DUTY` prints {"ns", "lostPercent"}, and for a million spans the heap after each half.
const [subject = "", duty = ""] = process.argv.slice(2);
const collector = await startCollector(duty === "quick" ? 0 : 50);
const source = spanSource(subject, collector.url);
await source.load(20_000);
const heapMb = (): number => {
	globalThis.gc?.();
	return process.memoryUsage().heapUsed / 2 ** 20;
};

if (duty === "million") {
	const first = await source.load(200_000);
	const mb = heapMb();
	const rest = await source.load(800_000);
	const laterMb = heapMb();
	const [made, taken] = [first.made + rest.made, first.taken + rest.taken];
	const ns = (first.cpuNs + rest.cpuNs) / taken;
	console.log(JSON.stringify({ ns, lostPercent: (1 - taken / made) * 100, mb, laterMb }));
} else {
	const { made, taken, cpuNs } = await source.load(100_000);
	console.log(JSON.stringify({ ns: cpuNs / taken, lostPercent: (1 - taken / made) * 100 }));
}
collector.stop();
process.exit(0);
