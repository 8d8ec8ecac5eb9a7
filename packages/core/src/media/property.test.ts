import fc from "fast-check";
import { it } from "vitest";
import { bufferProperty } from "./model.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 2_000);

it(`gives what its model gives, and tells and counts it so (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, async () => {
	await fc.assert(bufferProperty, { seed, numRuns });
}, 120_000);
