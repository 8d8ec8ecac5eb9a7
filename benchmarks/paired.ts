import type { Mode } from "./provider.ts";
import { register } from "./provider.ts";
import type { Stage } from "./work.ts";

// `node paired.ts SUBJECT OTHER MODE` prints how much the first takes of the second's time, batch by batch in turn.
const [subject = "", other = "", mode = ""] = process.argv.slice(2);
register(mode as Mode);
const { default: first }: { default: Stage } = await import(`./subject/${subject}.ts`);
const { default: second }: { default: Stage } = await import(`./subject/${other}.ts`);

const ratios: number[] = [];
for (let round = 0; round < 1_600; round++) {
	const ratio = (await batch(first)) / (await batch(second));
	if (round >= 200) ratios.push(ratio); // the rounds before warm both up
}
console.log(ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)]);
process.exit(0);

async function batch(stage: Stage): Promise<number> {
	const started = performance.now();
	for (let call = 0; call < 256; call++) await stage(call);
	return performance.now() - started;
}
