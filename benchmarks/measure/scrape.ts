import { measure } from "mitata";

// `node scrape.ts SUBJECT` prints {"ns"} for rendering all metrics once.
const [subject = ""] = process.argv.slice(2);
const { default: render }: { default: () => Promise<string> } = await import(`../subject/scrape/${subject}.ts`);

const text = await render();
const rendered = text.match(/_count\{.*\} 1$/gm)?.length ?? 0;
if (rendered !== 1_000) throw new Error(`${subject} rendered ${rendered} of 1000 histograms:\n${text.slice(0, 1_000)}`);
const { p50 } = await measure(render, { min_samples: 40, min_cpu_time: 1e9 });
console.log(JSON.stringify({ ns: p50 }));
process.exit(0);
