/** Run as a process of its own by `planted-bugs.test.ts`. */
import fc from "fast-check";
import { huntHere } from "../../../../test/planting/planting.ts";
import { plantedBugs } from "./planted-bugs.fixture.ts";

await huntHere(plantedBugs, async () => {
	const { historyArbitrary, optionsArbitrary, runHistory, Violation } = await import("./commands.fixture.ts");
	return { property: fc.asyncProperty(optionsArbitrary, historyArbitrary, runHistory), Violation };
});
