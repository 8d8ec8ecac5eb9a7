/** Run as a process of its own. */
import { huntHere } from "../../../../test/planting/planting.ts";
import { plantedBugs } from "./planted-bugs.fixture.ts";

await huntHere(plantedBugs, async () => {
	const { bufferProperty, Violation } = await import("./model.fixture.ts");
	return { property: bufferProperty, Violation };
});
