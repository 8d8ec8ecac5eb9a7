import fc from "fast-check";
import { expect, it } from "vitest";
import { checkCase } from "./check-case.fixture.ts";
import { pipelineArbitrary, runCase } from "./pipeline-case.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 2_000);

it(`says of a run in results, reports, spans and metrics what its stages saw (${numRuns} pipelines, FOOTLIGHT_SEED=${seed})`, async () => {
	let cases = 0;
	await fc.assert(
		fc.asyncProperty(pipelineArbitrary, async (spec) => {
			cases++;
			checkCase(await runCase(spec));
		}),
		{ seed, numRuns },
	);
	expect(cases).toBeGreaterThanOrEqual(numRuns);
}, 120_000);
