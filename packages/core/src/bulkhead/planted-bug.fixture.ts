/** Run as a process of its own. */
import { huntHere } from "../../../../test/planting/planting.ts";
import { plantedBugs } from "./planted-bugs.fixture.ts";

await huntHere(plantedBugs, async () => {
	const { bulkheadProperty, Violation } = await import("./model.fixture.ts");
	return { property: bulkheadProperty, Violation };
});
