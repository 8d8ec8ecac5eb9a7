import { type Mode, register } from "../provider.ts";
import { median } from "../table.ts";
import type { Stage, Subject } from "../work.ts";

// `node stage-pair.ts SUBJECT MODE OTHER MODE` prints {"paired"}: how much the first takes of the other's time, batch by batch in turn.
const [subject = "", mode = "", other = "", otherMode = ""] = process.argv.slice(2);
const provider = register(mode as Mode, otherMode as Mode);
const { default: first }: Subject = await import(`../subject/stage/${subject}.ts`);
const { default: second }: Subject = await import(`../subject/stage/${other}.ts`);

const ratios: number[] = [];
for (let round = 0; round < 1_600; round++) {
	const ratio = (await batch(first, mode as Mode)) / (await batch(second, otherMode as Mode));
	if (round >= 200) ratios.push(ratio); // the rounds before warm both up
}
console.log(JSON.stringify({ paired: median(ratios) }));
process.exit(0);

async function batch(stage: Stage, sampling: Mode): Promise<number> {
	provider.use(sampling);
	const started = performance.now();
	for (let call = 0; call < 256; call++) await stage(call);
	return performance.now() - started;
}
