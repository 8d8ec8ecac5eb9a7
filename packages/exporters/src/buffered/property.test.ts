import fc from "fast-check";
import { it } from "vitest";
import { exporterProperty } from "./property.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 500);

it(`loses, doubles and reorders nothing, and counts the truth (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, async () => {
	await fc.assert(exporterProperty, { seed, numRuns });
}, 120_000);
