/** Run as a process of its own. */
import fc from "fast-check";
import { huntHere } from "../../../../test/planting/planting.ts";
import { plantedBugs } from "./planted-bugs.fixture.ts";

await huntHere(plantedBugs, async () => {
	const { checkCase, Violation } = await import("./check-case.fixture.ts");
	const { pipelineArbitrary, runCase } = await import("./pipeline-case.fixture.ts");
	const property = fc.asyncProperty(pipelineArbitrary, async (spec) => checkCase(await runCase(spec)));
	return { property, Violation };
});
