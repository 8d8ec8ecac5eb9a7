import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { hunt } from "../../../../../test/planting/planting.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 60);
const ownProcess = fileURLToPath(new URL("./planted-bug.fixture.ts", import.meta.url));

// In a process of its own: its files may not grow beyond a limit, so that writes really fail.
it(`keeps, gives, settles and sheds as its model does (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, async () => {
	expect(await hunt(ownProcess, "none", seed, numRuns)).toEqual({ isPlanted: "no bug", cases: numRuns, found: null });
}, 60_000);
