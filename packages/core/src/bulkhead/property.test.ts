import fc from "fast-check";
import { it } from "vitest";
import { bulkheadProperty } from "./model.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 2_000);

it(`lets calls in, wait and go as its model does (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, async () => {
	await fc.assert(bulkheadProperty, { seed, numRuns });
}, 120_000);
