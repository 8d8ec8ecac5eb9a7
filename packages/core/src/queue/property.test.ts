import fc from "fast-check";
import { it } from "vitest";
import { queueProperty } from "./property.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 2_000);

it(`loses, doubles and reorders nothing, wakes all, and tells what its model tells (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, async () => {
	await fc.assert(queueProperty, { seed, numRuns });
}, 120_000);
