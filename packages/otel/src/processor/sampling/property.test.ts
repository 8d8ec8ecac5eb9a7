import fc from "fast-check";
import { it } from "vitest";
import { samplingProperty } from "./property.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 500);

it(`keeps each trace whole or leaves it out, decides right and counts the truth (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, async () => {
	await fc.assert(samplingProperty, { seed, numRuns });
}, 120_000);
