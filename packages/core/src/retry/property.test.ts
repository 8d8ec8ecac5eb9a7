import fc from "fast-check";
import { it } from "vitest";
import { retryProperty } from "./property.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 2_000);

it(`tries again, waits and tells as its model does (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, async () => {
	await fc.assert(retryProperty, { seed, numRuns });
}, 120_000);
