import fc from "fast-check";
import { it } from "vitest";
import { limiterProperty } from "./property.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 3_000);

it(`decides as one that remembers every call does (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, () => {
	fc.assert(limiterProperty, { seed, numRuns });
}, 120_000);
