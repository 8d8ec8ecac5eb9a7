/** Run as a process of its own. */
import { huntHere } from "../../../../test/planting/planting.ts";
import { plantedBugs } from "./planted-bugs.fixture.ts";

await huntHere(plantedBugs, async () => {
	const { queueProperty, Violation } = await import("./property.fixture.ts");
	return { property: queueProperty, Violation };
});
