import fc from "fast-check";
import { expect, it } from "vitest";
import { historyArbitrary, optionsArbitrary, runHistory } from "./commands.fixture.ts";

const seed = Number(process.env.FOOTLIGHT_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.FOOTLIGHT_RUNS ?? 2_000);

it(`does in every history what the model of it does (${numRuns} histories, FOOTLIGHT_SEED=${seed})`, async () => {
	let histories = 0;
	await fc.assert(
		fc.asyncProperty(optionsArbitrary, historyArbitrary, async (options, history) => {
			histories++;
			await runHistory(options, history);
		}),
		{ seed, numRuns },
	);
	expect(histories).toBeGreaterThanOrEqual(numRuns);
}, 120_000);
