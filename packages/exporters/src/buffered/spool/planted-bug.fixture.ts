/** Run as a process of its own. */
import { huntHere } from "../../../../../test/planting/planting.ts";
import { plantedBugs } from "./planted-bugs.fixture.ts";

await huntHere(plantedBugs, async () => {
	const { spoolProperty, Violation } = await import("./model.fixture.ts");
	return { property: spoolProperty, Violation };
});
