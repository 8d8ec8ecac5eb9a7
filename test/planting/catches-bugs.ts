import { join } from "node:path";
import { expect, it } from "vitest";
import { hunt, type PlantedBug } from "./planting.ts";

const seed = 7;

/**
 * Declares a test for each bug: planted, it must be found. The folder has a file `planted-bug.fixture.ts`, which calls
 * `huntHere`.
 *
 * @param numRuns - as many as find each bug, with room to spare
 */
export function catchesBugs(folder: string, bugs: readonly PlantedBug[], numRuns: number): void {
	const file = join(folder, "planted-bug.fixture.ts");
	it("finds nothing where no bug is planted", async () => {
		expect(await hunt(file, "none", seed, numRuns)).toEqual({ isPlanted: "no bug", cases: numRuns, found: null });
	}, 60_000);

	it.concurrent.for(bugs)("catches that $name", { timeout: 60_000 }, async ({ name, caughtAs }, { expect }) => {
		const { isPlanted, found } = await hunt(file, name, seed, numRuns);
		expect(isPlanted).toBe("planted");
		expect(found).toMatch(caughtAs);
	});
}
