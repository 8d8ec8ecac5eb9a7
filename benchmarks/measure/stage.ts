import { measure } from "mitata";
import { type Mode, register } from "../provider.ts";
import type { Subject } from "../work.ts";

// One row, in a process of its own: `node stage.ts SUBJECT MODE` prints {"ns", "bytes"} for one awaited call of a stage.
const [subject = "", mode = ""] = process.argv.slice(2);
const calls = 256;
const provider = register(mode as Mode);
const { default: stage, recorded }: Subject = await import(`../subject/stage/${subject}.ts`);

async function batch(): Promise<void> {
	for (let call = 0; call < calls; call++) await stage(call);
}

for (let call = 0; call < 8; call++) await stage(call);
const seen = { ...(await recorded?.()), ...(mode === "sdk" && { spans: await provider.exported() }) };
for (const [what, times] of Object.entries(seen)) {
	if (subject !== "bare" && Math.abs(times - 8) > 1e-9) throw new Error(`${subject} made ${times} ${what} in 8 calls`);
}

const { p50 } = await measure(batch, { min_samples: 60, min_cpu_time: 0.8e9 });

// A young generation larger than what is allocated here (see overhead.ts) keeps the collector from hiding any of it.
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
for (let round = 0; round < 4; round++) await batch();
const bytes = (process.memoryUsage().heapUsed - before) / (4 * calls);

console.log(JSON.stringify({ ns: p50 / calls, bytes }));
process.exit(0);
