import { measure } from "mitata";
import type { RecordSubject } from "../labels.ts";

// `node record.ts SUBJECT` prints {"ns"} for one recording.
const [subject = ""] = process.argv.slice(2);
const { default: record, recorded }: RecordSubject = await import(`../subject/record/${subject}.ts`);
const recordings = 4_096;

function batch(): void {
	for (let index = 0; index < recordings; index++) record(index);
}

batch();
const seen = await recorded();
if (seen !== recordings) throw new Error(`${subject} recorded ${seen} of ${recordings}`);
const { p50 } = await measure(batch, { min_samples: 60, min_cpu_time: 0.6e9 });
console.log(JSON.stringify({ ns: p50 / recordings }));
process.exit(0);
