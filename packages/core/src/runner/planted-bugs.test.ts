import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { plantedBugs } from "./planted-bugs.fixture.ts";

/** As many as find each bug below, with room to spare. */
const numRuns = 600;

async function hunt(name: string): Promise<{ isPlanted: string; cases: number; found: string | null }> {
	const { stdout } = await promisify(execFile)(
		process.execPath,
		[
			...[
				"--conditions=@footlight/source",
				"--disable-warning=FOOTLIGHT_NO_PROVIDER",
				"--disable-warning=ExperimentalWarning",
			],
			...[join(import.meta.dirname, "planted-bug.fixture.ts"), name, "7", String(numRuns)],
		],
		{ timeout: 60_000 },
	);
	return JSON.parse(stdout.trim().split("\n").at(-1) as string);
}

it("finds nothing where no bug is planted", async () => {
	expect(await hunt("none")).toEqual({ isPlanted: "no bug", cases: numRuns, found: null });
}, 60_000);

it.concurrent.for(plantedBugs)("catches that $name", { timeout: 60_000 }, async ({ name, caughtAs }, { expect }) => {
	const { isPlanted, found } = await hunt(name);
	expect(isPlanted).toBe("planted");
	expect(found).toMatch(caughtAs);
});
